// SPDX-License-Identifier: Apache-2.0
#include "tests/core/simt/kernels/vocabulary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"
#include "core/base/half.h"
#include "tests/core/simt/sim_buffers.h"

namespace lamina {
namespace {

class Vocabulary : public OnSim {};
INSTANTIATE_TEST_SUITE_P(Seeds, Vocabulary, testing::Range(0, 5));

TEST_P(Vocabulary, WarpWordsMeanWhatTheManualSays) {
  std::vector<int> x(32);
  for (int lane = 0; lane < 32; ++lane) x[lane] = lane * 7 % 13 - 5;
  const SimBuffer<int> in(x), out(32 * kWarpResults);
  sim::warp_words(nullptr, in.data(), out.data());
  const std::vector<int> got = out.values();
  unsigned ballot = 0;
  int sum = 0;
  for (int lane = 0; lane < 32; ++lane) {
    ballot |= static_cast<unsigned>(x[lane] > 0) << lane;
    sum += x[lane];
  }
  for (int lane = 0; lane < 32; ++lane) {
    const int* mine = got.data() + lane * kWarpResults;
    EXPECT_EQ(mine[0], x[3]);
    EXPECT_EQ(mine[1], x[lane < 2 ? lane : lane - 2]);
    EXPECT_EQ(mine[2], x[lane % 8 + 5 < 8 ? lane + 5 : lane]);
    EXPECT_EQ(mine[3], x[lane ^ 9]);
    EXPECT_EQ(static_cast<unsigned>(mine[4]), ballot);
    EXPECT_EQ(mine[5], sum);
    EXPECT_EQ(mine[6], lane < 8 ? *std::max_element(x.begin(), x.begin() + 8) : 1);
    EXPECT_EQ(mine[7], x[1]);
  }
}

TEST_P(Vocabulary, BlockVotesCountTheWholeBlock) {
  for (const int sign : {1, -1}) {  // thread 0, which reports, votes with the majority once and against it once
    std::vector<int> x(256);
    for (int i = 0; i < 256; ++i) x[i] = sign * (i % 3 - 1);
    const SimBuffer<int> in(x);
    const SimBuffer<unsigned> out(4);
    sim::block_votes(nullptr, in.data(), out.data());
    const auto positive = static_cast<unsigned>(std::count(x.begin(), x.end(), 1));
    EXPECT_EQ(out.values(), (std::vector<unsigned>{positive, 0, 1, positive}));
  }
}

// Small integers, so that every product and sum is exact and the order of k cannot matter.
template <class T, class Store>
void fill(std::vector<T>& values, int seed, Store store) {
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = store(static_cast<float>((static_cast<int>(i) * 37 + seed) % 11 - 5));
}

template <class T, class Load>
std::vector<float> product(const std::vector<T>& a, const std::vector<T>& b, int depth, Load load) {
  std::vector<float> y(16 * 8, 1.0f);
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      for (int k = 0; k < depth; ++k) y[row * 8 + column] += load(a[row * depth + k]) * load(b[k * 8 + column]);
    }
  }
  return y;
}

TEST_P(Vocabulary, MmaOfBf16IsTheMatrixProduct) {
  constexpr int kDepth = 48;
  std::vector<unsigned short> a(16 * kDepth), b(kDepth * 8);
  const auto store = [](float value) { return to_bf16(value).bits; };
  fill(a, 3, store);
  fill(b, 8, store);
  const SimBuffer<unsigned short> left(a), right(b);
  const SimBuffer<float> y(std::vector<float>(16 * 8, 1.0f));
  sim::multiply_bf16(nullptr, left.data(), right.data(), y.data(), kDepth);
  EXPECT_EQ(y.values(), product(a, b, kDepth, [](unsigned short bits) { return to_float(bf16{bits}); }));
}

TEST_P(Vocabulary, MmaOfTf32IsTheMatrixProduct) {
  constexpr int kDepth = 24;
  std::vector<float> a(16 * kDepth), b(kDepth * 8);
  const auto same = [](float value) { return value; };
  fill(a, 5, same);
  fill(b, 2, same);
  const SimBuffer<float> left(a), right(b), y(std::vector<float>(16 * 8, 1.0f));
  sim::multiply_tf32(nullptr, left.data(), right.data(), y.data(), kDepth);
  EXPECT_EQ(y.values(), product(a, b, kDepth, same));
}

TEST_P(Vocabulary, AsynchronousCopiesLandStageByStage) {
  std::vector<float> x(128 * 5);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  const SimBuffer<float> in(x), out(x.size());
  sim::copy_by_stages(nullptr, in.data(), out.data(), static_cast<int>(x.size()));
  EXPECT_EQ(out.values(), x);
}

TEST_P(Vocabulary, GridSyncOrdersTheBlocks) {
  constexpr int kBlocks = 37;
  const SimBuffer<float> x(std::vector<float>(kBlocks, 1.0f)), scratch(kBlocks);
  sim::scan_by_grid(nullptr, x.data(), scratch.data(), kBlocks);
  const std::vector<float> sums = x.values();
  for (int i = 0; i < kBlocks; ++i) EXPECT_EQ(sums[i], static_cast<float>(i + 1));
}

TEST_P(Vocabulary, FlagsCarryWhatABlockDid) {
  constexpr int kBlocks = 20;
  const SimBuffer<unsigned> flags(std::vector<unsigned>(kBlocks, 0));
  const SimBuffer<float> y(kBlocks);
  sim::pass_along_blocks(nullptr, flags.data(), y.data(), kBlocks);
  EXPECT_EQ(y.values().back(), static_cast<float>(kBlocks));
}

TEST(CooperativeLaunch, RefusesMoreBlocksThanAreResident) {
  const SimBuffer<float> x(300), scratch(300);
  try {
    sim::scan_by_grid(nullptr, x.data(), scratch.data(), 257);
    FAIL() << "257 blocks";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("at most 256 on sim"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace lamina

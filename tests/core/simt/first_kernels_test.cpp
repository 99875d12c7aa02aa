// SPDX-License-Identifier: Apache-2.0
#include "tests/core/simt/kernels/first_kernels.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "core/base/error.h"
#include "tests/core/simt/sim_buffers.h"

namespace lamina {
namespace {

std::vector<float> counting(size_t count, int modulus) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(static_cast<int>(i) % modulus - modulus / 3);
  return values;
}

class FirstKernels : public OnSim {};
INSTANTIATE_TEST_SUITE_P(Seeds, FirstKernels, testing::Range(0, 5));

TEST_P(FirstKernels, AddVectorsOfAnyLength) {
  for (const size_t count : {1u, 255u, 256u, 5000u, 20000u}) {
    const std::vector<float> x = counting(count, 17), y = counting(count, 5);
    const SimBuffer<float> a(x), b(y), c(count);
    sim::add_vectors(nullptr, a.data(), b.data(), c.data(), static_cast<int>(count));
    const std::vector<float> z = c.values();
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(z[i], x[i] + y[i]) << i;
  }
}

TEST_P(FirstKernels, TransposeRaggedTiles) {
  constexpr int kRows = 70, kCols = 45;
  const std::vector<float> x = counting(kRows * kCols, 1000);
  const SimBuffer<float> a(x), b(x.size());
  sim::transpose(nullptr, a.data(), b.data(), kRows, kCols);
  const std::vector<float> y = b.values();
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kCols; ++j) ASSERT_EQ(y[j * kRows + i], x[i * kCols + j]) << i << ", " << j;
  }
}

TEST_P(FirstKernels, SumByBlocks) {
  const std::vector<float> x = counting(5003, 19);
  const SimBuffer<float> a(x), sums(7);
  sim::sum_by_blocks(nullptr, a.data(), sums.data(), static_cast<int>(x.size()), 7);
  const std::vector<float> parts = sums.values();
  EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), 0.0f), std::accumulate(x.begin(), x.end(), 0.0f));
}

TEST(Launch, CountsEachKernelByItsName) {
  reset_launch_counts();
  const SimBuffer<float> x(std::vector<float>(1024, 1.0f)), y(1024);
  sim::transpose(nullptr, x.data(), y.data(), 32, 32);
  sim::transpose(nullptr, x.data(), y.data(), 32, 32);
  sim::add_vectors(nullptr, x.data(), x.data(), y.data(), 1024);
  const std::map<std::string, long> expected = {{"transpose_kernel<32>", 2}, {"vector_add_kernel", 1}};
  EXPECT_EQ(launch_counts(), expected);
}

TEST(Launch, OfAnEmptyGridDoesNothing) {
  reset_launch_counts();
  sim::transpose(nullptr, nullptr, nullptr, 0, 0);
  EXPECT_TRUE(launch_counts().empty());
}

TEST(Launch, GivesTheSameBitsOnAnyNumberOfOsThreads) {
  const std::vector<float> x = counting(100000, 1013);
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    set_sim_options({SimChecks::off, 0, threads});
    const SimBuffer<float> a(x), sums(40);
    sim::sum_by_blocks(nullptr, a.data(), sums.data(), static_cast<int>(x.size()), 40);
    if (first.empty()) first = sums.values();
    EXPECT_EQ(sums.values(), first) << threads;
  }
  set_sim_options({});
}

TEST(Launch, RefusesAGridThatNoDeviceTakes) {
  const SimBuffer<float> x(1);
  try {
    sim::transpose(nullptr, x.data(), x.data(), 65536 * 32, 1);
    FAIL() << "a grid of 65536 blocks in y";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("transpose_kernel<32>: a grid of 1 x 65536 x 1"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lamina

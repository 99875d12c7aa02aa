// SPDX-License-Identifier: Apache-2.0
#include "core/base/philox.h"

#include <gtest/gtest.h>

#include <set>

namespace lamina {
namespace {

// Random123, tests/kat_vectors, rows "philox4x32 10": counter, key, result.
struct KnownAnswer {
  PhiloxCounter counter;
  PhiloxKey key;
  PhiloxCounter result;
};
constexpr KnownAnswer kKnownAnswers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(Philox, GivesThePublishedAnswers) {
  for (const KnownAnswer& known : kKnownAnswers) EXPECT_EQ(philox(known.counter, known.key), known.result);
}

TEST(Philox, RunsAtCompileTime) {
  static_assert(philox(kKnownAnswers[2].counter, kKnownAnswers[2].key) == kKnownAnswers[2].result);
}

TEST(RandomKey, EveryFieldChangesTheNumbers) {
  const RandomKey base{7, RandomPurpose::test, 3, 5};
  std::set<PhiloxCounter> draws = {base.draw(0), base.draw(1), base.draw(uint64_t{1} << 32)};
  const RandomKey others[] = {{8, RandomPurpose::test, 3, 5},
                              {7 + (uint64_t{1} << 32), RandomPurpose::test, 3, 5},
                              {7, RandomPurpose::dropout, 3, 5},
                              {7, RandomPurpose::test, 4, 5},
                              {7, RandomPurpose::test, 3, 6}};
  for (const RandomKey& other : others) draws.insert(other.draw(0));
  EXPECT_EQ(draws.size(), 8u);
}

TEST(RandomKey, FourElementsShareADraw) {
  const RandomKey key{1, RandomPurpose::test, 0, 0};
  for (uint64_t element = 0; element < 12; ++element) {
    EXPECT_EQ(key.word(element), key.draw(element / 4)[element % 4]);
    EXPECT_EQ(key.uniform(element), RandomKey::uniform_of(key.word(element)));
  }
}

TEST(RandomKey, UniformStaysBelowOneAndReachesZero) {
  EXPECT_EQ(RandomKey::uniform_of(0), 0.0f);
  EXPECT_EQ(RandomKey::uniform_of(0xff), 0.0f);
  EXPECT_LT(RandomKey::uniform_of(0xffffffff), 1.0f);
  EXPECT_EQ(RandomKey::uniform_of(0x80000000), 0.5f);
}

// Pearson's statistic over 64 equal bins: 63 degrees of freedom, 112 is exceeded once in 10,000 tries; the draw is fixed.
TEST(RandomKey, UniformFillsItsRangeEvenly) {
  constexpr int kBins = 64, kDraws = 1 << 16;
  const RandomKey key{2025, RandomPurpose::test, 1, 2};
  int counts[kBins] = {};
  for (uint64_t element = 0; element < kDraws; ++element) ++counts[static_cast<int>(key.uniform(element) * kBins)];
  double statistic = 0;
  for (const int count : counts) {
    const double off = count - static_cast<double>(kDraws) / kBins;
    statistic += off * off / (static_cast<double>(kDraws) / kBins);
  }
  EXPECT_LT(statistic, 112.0);
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/anchor_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/yolov3/data/random_draws.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using ::testing::ElementsAre;

// `count` sizes around each of `centres`, off by a tenth of it at most.
std::vector<DarknetAnchor> scattered(const std::vector<DarknetAnchor>& centres, int count) {
  RandomDraws draws(1, DataUse::clusters, 9);
  std::vector<DarknetAnchor> sizes;
  for (int i = 0; i < count; ++i) {
    for (const DarknetAnchor& centre : centres) {
      sizes.push_back({centre.width * draws.uniform(0.9, 1.1), centre.height * draws.uniform(0.9, 1.1)});
    }
  }
  return sizes;
}

TEST(ClusterAnchors, FindsTheCentresOfSeparateGroups) {
  const std::vector<DarknetAnchor> centres = {{10, 10}, {20, 80}, {90, 30}, {200, 220}};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<DarknetAnchor> found = cluster_anchors(scattered(centres, 50), 4, seed);
    ASSERT_EQ(found.size(), 4u);
    for (size_t i = 0; i < 4; ++i) EXPECT_GT(size_overlap(found[i], centres[i]), 0.9) << "seed " << seed << ", anchor " << i;
  }
}

TEST(ClusterAnchors, TakesMedians) {
  const std::vector<DarknetAnchor> sizes = {{10, 24}, {12, 30}, {20, 20}};
  EXPECT_THAT(cluster_anchors(sizes, 1, 0), ElementsAre(DarknetAnchor{12, 24}));
  const std::vector<DarknetAnchor> even = {{16, 32}, {18, 38}, {22, 14}, {24, 32}};
  EXPECT_THAT(cluster_anchors(even, 1, 0), ElementsAre(DarknetAnchor{20, 32}));
}

TEST(ClusterAnchors, HasAnAnchorForEachSizeWhereThereAreNoMore) {
  const std::vector<DarknetAnchor> sizes = {{3, 3}, {3, 3}, {3, 3}, {9, 9}, {1, 50}, {9, 9}, {100, 100}};
  for (uint64_t seed = 0; seed < 50; ++seed) EXPECT_DOUBLE_EQ(mean_best_overlap(cluster_anchors(sizes, 4, seed), sizes), 1.0);
}

TEST(ClusterAnchors, EndsAndNeverFitsWorseThanItsStartWhateverTheSizes) {
  RandomDraws draws(2, DataUse::clusters, 9);
  for (uint64_t seed = 0; seed < 30; ++seed) {
    std::vector<DarknetAnchor> sizes;
    for (int i = 0; i < 40; ++i) {
      sizes.push_back({static_cast<double>(1 + draws.below(6)), static_cast<double>(1 + draws.below(6))});
    }
    const std::vector<DarknetAnchor> found = cluster_anchors(sizes, 9, seed);
    EXPECT_TRUE(sorted_by_area(found));
    EXPECT_GT(mean_best_overlap(found, sizes), 0.75);
  }
}

TEST(ClusterAnchors, IsAFunctionOfTheSeed) {
  const std::vector<DarknetAnchor> sizes = scattered({{10, 20}}, 200);
  EXPECT_EQ(cluster_anchors(sizes, 5, 1), cluster_anchors(sizes, 5, 1));
  EXPECT_NE(cluster_anchors(sizes, 5, 1), cluster_anchors(sizes, 5, 2));
}

TEST(ClusterAnchors, RefusesFewerSizesThanAnchors) {
  const std::vector<DarknetAnchor> sizes = {{3, 3}, {3, 3}, {9, 9}};
  expect_error(ErrorKind::model, "the boxes have 2 different sizes, too few for 3 anchors; take the standard ones",
               [&] { cluster_anchors(sizes, 3, 0); });
  expect_error(ErrorKind::usage, "anchors to find: 0, expected 1 or more", [&] { cluster_anchors(sizes, 0, 0); });
}

// The last box is a pixel wide in the input, where it is no box any more.
TEST(LetterboxedSizes, AreOfTheBoxesInTheInput) {
  const PictureFiles pictures({{"a", {{10, 10, 110, 60}}, {200, 100}}, {"b", {{0, 0, 20, 50}, {0, 0, 0.25, 50}}, {50, 100}}});
  EXPECT_THAT(letterboxed_sizes(pictures, 400, 400), ElementsAre(DarknetAnchor{200, 100}, DarknetAnchor{80, 200}));
}

}  // namespace
}  // namespace lamina::yolov3

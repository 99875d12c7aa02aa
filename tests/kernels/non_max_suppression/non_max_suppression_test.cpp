// SPDX-License-Identifier: Apache-2.0
// What op cases cannot say of non_max_suppression: known answers, borders of the thresholds, numbers that are none, and
// wrong calls.
#include "kernels/non_max_suppression/non_max_suppression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/graph/leaves.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

struct Outcome {
  std::string impl;  // "sim/rounds"
  std::vector<int32_t> indices;
  std::vector<int32_t> counts;
};

// One picture of one class, by every implementation of every device.
std::vector<Outcome> run_all(const std::vector<float>& edges, const std::vector<float>& scores,
                             const NonMaxSuppressionAttributes& attributes) {
  static const OpRegistry ops = kernels::all_ops();
  const auto count = static_cast<int64_t>(scores.size());
  const KeptBoxes kept = non_max_suppression(input_value("boxes", DType::f32, {1, count, 4}),
                                             input_value("scores", DType::f32, {1, count, 1}), attributes);
  const Feed feed = {{"boxes", HostTensor::of<float>({1, count, 4}, edges)},
                     {"scores", HostTensor::of<float>({1, count, 1}, scores)}};
  std::vector<Outcome> runs;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("non_max_suppression", kind)) {
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls["non_max_suppression"] = impl->name;
      const std::vector<HostTensor> results = testing::run_values(std::vector<Value>{kept.indices, kept.counts}, feed, options);
      const auto indices = results[0].as<int32_t>(), counts = results[1].as<int32_t>();
      runs.push_back({text(kind, "/", impl->name), {indices.begin(), indices.end()}, {counts.begin(), counts.end()}});
    }
  }
  return runs;
}

// Three clusters: two boxes that move a tenth around the first, one around the fourth, and a box alone.
const std::vector<float> kClusters = {0, 0,  1, 1,  0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                      0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100,   1, 101};
const std::vector<float> kClusterScores = {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f};

TEST(NonMaxSuppression, KeepsTheBestOfEachCluster) {
  for (const Outcome& run : run_all(kClusters, kClusterScores, {0, 0.5, 5})) {
    EXPECT_THAT(run.indices, ElementsAre(3, 0, 5, -1, -1)) << run.impl;
    EXPECT_THAT(run.counts, ElementsAre(3)) << run.impl;
  }
}

TEST(NonMaxSuppression, EndsAtTheMostPerClass) {
  for (const Outcome& run : run_all(kClusters, kClusterScores, {0, 0.5, 2})) {
    EXPECT_THAT(run.indices, ElementsAre(3, 0)) << run.impl;
    EXPECT_THAT(run.counts, ElementsAre(2)) << run.impl;
  }
}

TEST(NonMaxSuppression, TakesAScoreAtTheThreshold) {
  for (const Outcome& run : run_all(kClusters, kClusterScores, {0.95, 0.5, 3}))
    EXPECT_THAT(run.indices, ElementsAre(3, -1, -1)) << run.impl;
  for (const Outcome& run : run_all(kClusters, kClusterScores, {0.6, 1, 4}))
    EXPECT_THAT(run.indices, ElementsAre(3, 0, 1, 2)) << run.impl;
}

TEST(NonMaxSuppression, SparesAnOverlapAtTheThreshold) {
  // 3 of 6 and 4 of 6 shared.
  const std::vector<float> boxes = {0, 0, 1, 6, 0, 0, 1, 3, 0, 6, 1, 12, 0, 6, 1, 10};
  for (const Outcome& run : run_all(boxes, {4, 3, 2, 1}, {0, 0.5, 4}))
    EXPECT_THAT(run.indices, ElementsAre(0, 1, 2, -1)) << run.impl;
}

TEST(NonMaxSuppression, OfEqualScoresTheFirstComesFirst) {
  const std::vector<float> apart = {0, 0, 1, 1, 2, 0, 3, 1, 4, 0, 5, 1, 6, 0, 7, 1};
  for (const Outcome& run : run_all(apart, {1, 2, 2, 1}, {0, 0.5, 4}))
    EXPECT_THAT(run.indices, ElementsAre(1, 2, 0, 3)) << run.impl;
  for (const Outcome& run : run_all(apart, {-0.0f, 0.0f, -0.0f, -1}, {-2, 0.5, 4}))
    EXPECT_THAT(run.indices, ElementsAre(0, 1, 2, 3)) << run.impl;
}

TEST(NonMaxSuppression, ANanScoreNeverWins) {
  for (const double threshold : {-std::numeric_limits<double>::infinity(), 0.0}) {
    for (const Outcome& run : run_all(kClusters, {kNan, 1, kNan, kInf, 2, kNan}, {threshold, 0.5, 4})) {
      EXPECT_THAT(run.indices, ElementsAre(3, 1, -1, -1)) << run.impl;
    }
  }
}

TEST(NonMaxSuppression, ABoxWithoutAreaOverlapsNone) {
  const std::vector<float> boxes = {0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, kNan, 0, 1, 1, 0, 0, 1, 1};
  for (const Outcome& run : run_all(boxes, {1, 2, 3, 5, 4}, {0, 0, 5})) {
    EXPECT_THAT(run.indices, ElementsAre(3, 4, 2, 1, -1)) << run.impl;
  }
}

TEST(NonMaxSuppression, RefusesWrongCalls) {
  const auto message = [](const Value& boxes, const Value& scores,
                          const NonMaxSuppressionAttributes& attributes = {}) -> std::string {
    try {
      non_max_suppression(boxes, scores, attributes);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const Dim batch = Dim::symbol("batch");
  const Value boxes = input_value("b", DType::f32, Shape{batch, 7, 4}), scores = input_value("s", DType::f32, Shape{batch, 7, 3});
  EXPECT_EQ(message(boxes, scores), "");
  EXPECT_THAT(message(input_value("b", DType::i32, Shape{batch, 7, 4}), scores),
              ::testing::HasSubstr("takes boxes in f32, got i32; use cast()"));
  EXPECT_THAT(message(boxes, input_value("s", DType::f16, Shape{batch, 7, 3})),
              ::testing::HasSubstr("scores in the type of the boxes, f32, got f16"));
  EXPECT_THAT(message(scores, scores), ::testing::HasSubstr("takes boxes of shape (batch, boxes, 4), got (batch, 7, 3)"));
  EXPECT_THAT(message(boxes, input_value("s", DType::f32, Shape{batch, 8, 3})),
              ::testing::HasSubstr("for boxes of shape (batch, 7, 4), got (batch, 8, 3)"));
  EXPECT_THAT(message(boxes, scores, {.iou_threshold = 1.5}), ::testing::HasSubstr("iou_threshold must be from 0 to 1, got 1.5"));
  EXPECT_THAT(message(boxes, scores, {.score_threshold = std::nan("")}), ::testing::HasSubstr("score_threshold is no number"));
  EXPECT_THAT(message(boxes, scores, {.max_per_class = 0}), ::testing::HasSubstr("max_per_class must be 1 or more, got 0"));
}

}  // namespace
}  // namespace lamina

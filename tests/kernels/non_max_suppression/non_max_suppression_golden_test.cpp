// SPDX-License-Identifier: Apache-2.0
// Boxes that TensorFlow kept (tests/golden/data/non_max_suppression), by every implementation.
#include <gtest/gtest.h>

#include "core/graph/leaves.h"
#include "kernels/all_ops.h"
#include "kernels/non_max_suppression/non_max_suppression.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

class NonMaxSuppressionGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(NonMaxSuppressionGolden, KeepsTensorFlowsBoxes) {
  static const OpRegistry ops = kernels::all_ops();
  const nlohmann::json golden = testing::load_golden(GetParam()), &config = golden.at("config"), &expected = golden.at("expected");
  const Feed feed = {{"boxes", testing::tensor_of(golden.at("inputs").at("boxes"))},
                     {"scores", testing::tensor_of(golden.at("inputs").at("scores"))}};
  const KeptBoxes kept = non_max_suppression(input_value("boxes", DType::f32, feed.at("boxes").extents()),
                                             input_value("scores", DType::f32, feed.at("scores").extents()),
                                             {.score_threshold = config.at("score_threshold").get<double>(),
                                              .iou_threshold = config.at("iou_threshold").get<double>(),
                                              .max_per_class = config.at("max_per_class").get<int64_t>()});
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("non_max_suppression", kind)) {
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls["non_max_suppression"] = impl->name;
      const auto results = testing::run_values(std::vector<Value>{kept.indices, kept.counts}, feed, options);
      EXPECT_TRUE(testing::is_equal(results[0], testing::tensor_of(expected.at("indices")))) << kind << "/" << impl->name;
      EXPECT_TRUE(testing::is_equal(results[1], testing::tensor_of(expected.at("counts")))) << kind << "/" << impl->name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, NonMaxSuppressionGolden, ::testing::ValuesIn(testing::golden_names("non_max_suppression")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina

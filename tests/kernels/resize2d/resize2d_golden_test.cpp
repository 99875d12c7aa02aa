// SPDX-License-Identifier: Apache-2.0
// Pictures that TensorFlow resized (tests/golden/data/resize2d), by every implementation.
#include <gtest/gtest.h>

#include "core/graph/leaves.h"
#include "kernels/all_ops.h"
#include "kernels/resize2d/resize2d.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

class Resize2dGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(Resize2dGolden, IsTensorFlows) {
  static const OpRegistry ops = kernels::all_ops();
  const nlohmann::json golden = testing::load_golden(GetParam()), &config = golden.at("config");
  const HostTensor pictures = testing::tensor_of(golden.at("inputs").at("x"));
  const bool corners = config.at("coordinates") == "corners";
  const Value y = resize2d(input_value("x", DType::f32, pictures.extents()), config.at("height").get<int64_t>(),
                           config.at("width").get<int64_t>(),
                           {.coordinates = corners ? ResizeCoordinates::corners : ResizeCoordinates::half_pixel});
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("resize2d", kind)) {
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls["resize2d"] = impl->name;
      const HostTensor result = testing::run_values(std::vector<Value>{y}, {{"x", pictures}}, options)[0];
      EXPECT_TRUE(testing::is_golden(result, golden.at("expected").at("y"))) << kind << "/" << impl->name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Resize2dGolden, ::testing::ValuesIn(testing::golden_names("resize2d")), testing::golden_case_name);

}  // namespace
}  // namespace lamina

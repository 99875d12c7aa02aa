// SPDX-License-Identifier: Apache-2.0
// The f32 kernel is the last that a GPU has: it takes what no grid takes at once.
#include <gtest/gtest.h>

#include "core/graph/pointwise.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

TEST(MatmulTiled, TakesMoreBatchesThanAGridHasPlaces) {
  constexpr int64_t kBatch = 65537;
  const Value a = input_value("a", DType::f32, Shape{kBatch, 1, 2}), b = input_value("b", DType::f32, Shape{2, 1});
  HostTensor numbers(DType::f32, {kBatch, 1, 2});
  int64_t at = 0;
  for (float& value : numbers.as<float>()) value = static_cast<float>(at++ % 1000);
  const Feed feed = {{"a", numbers}, {"b", HostTensor::of<float>({2, 1}, {1, -3})}};
  const Value batched = matmul(a, broadcast_to(b, Shape{kBatch, 2, 1}));
  for (const DeviceKind kind : testing::available_devices()) {
    if (kind == DeviceKind::cpu) continue;
    PlanOptions options = testing::plan_options(kind);
    options.forced_impls["matmul"] = "tiled";
    const HostTensor y = testing::run_values(std::vector<Value>{batched}, feed, options)[0];
    for (const int64_t i : {int64_t{0}, int64_t{1}, kBatch - 2, kBatch - 1}) {
      EXPECT_EQ(y.at(i), numbers.at(2 * i) - 3 * numbers.at(2 * i + 1)) << name_of(kind) << " batch " << i;
    }
  }
}

}  // namespace
}  // namespace lamina

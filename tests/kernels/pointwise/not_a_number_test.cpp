// SPDX-License-Identifier: Apache-2.0
// A NaN must come through every function of floats: it is how a bad step is found.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

TEST(NotANumber, ComesThroughEveryFunctionOfNumbers) {
  const Value x = input_value("x", DType::f32, Shape{1});
  const HostTensor nan = HostTensor::of<float>({1}, {std::numeric_limits<float>::quiet_NaN()});
  int tried = 0;
  for (int index = 0; index < scalar_function_count(); ++index) {
    const auto function = static_cast<ScalarFunction>(index);
    const ScalarInfo& info = info_of(function);
    if (info.domain != ScalarDomain::real && info.domain != ScalarDomain::number) continue;
    ++tried;
    for (const DeviceKind kind : testing::available_devices()) {
      const Value y = apply_scalar(function, std::vector<Value>(static_cast<size_t>(info.arity), x));
      const double result = testing::run_values(std::vector<Value>{y}, {{"x", nan}}, testing::plan_options(kind))[0].at(0);
      EXPECT_TRUE(std::isnan(result)) << info.name << " on " << name_of(kind) << ": " << result;
    }
  }
  EXPECT_GT(tried, 25);
}

}  // namespace
}  // namespace lamina

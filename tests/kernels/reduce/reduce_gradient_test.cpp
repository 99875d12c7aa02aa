// SPDX-License-Identifier: Apache-2.0
// Gradients of reductions in 16-bit floats: counts that those types cannot hold.
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

HostTensor gradient_of(DType type, int64_t length, bool of_max, DeviceKind kind) {
  const Value x = input_value("x", type, Shape{length});
  const Value y = of_max ? max(x) : mean(x);
  const auto gradients = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x});
  return testing::run_values(gradients, {{"x", HostTensor(type, {length})}}, testing::plan_options(kind))[0];
}

TEST(ReduceGradient, DividesByCountsThat16BitFloatsDoNotHave) {
  for (const DeviceKind kind : testing::available_devices()) {
    for (const bool of_max : {false, true}) {  // of zeros: all share
      SCOPED_TRACE(::testing::Message() << name_of(kind) << (of_max ? " max" : " mean"));
      for (const int64_t length : {257, 10001}) {
        const double expected = HostTensor::scalar(1.0f / static_cast<float>(length)).cast(DType::bf16).at(0);
        EXPECT_EQ(gradient_of(DType::bf16, length, of_max, kind).at(length - 1), expected) << length;
      }
      const double small = HostTensor::scalar(1.0f / 65520).cast(DType::f16).at(0);
      EXPECT_GT(small, 0);
      EXPECT_EQ(gradient_of(DType::f16, 65520, of_max, kind).at(0), small);
    }
  }
}

}  // namespace
}  // namespace lamina

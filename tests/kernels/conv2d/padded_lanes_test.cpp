// SPDX-License-Identifier: Apache-2.0
// Channels that do not fill the blocks of a library's layouts: what stands in the padding must never reach a sum. Behind an
// exponential a zero there would be a one, and a number that is none would poison the next convolution.
#include <gtest/gtest.h>

#include <cmath>

#include "core/graph/pointwise.h"
#include "kernels/conv2d/conv2d.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

HostTensor wave(const Extents& extents, double step, double scale, DType type) {
  HostTensor values(DType::f32, extents);
  int64_t i = 0;
  for (float& value : values.as<float>()) value = static_cast<float>(scale * std::sin(step * static_cast<double>(++i)));
  return values.cast(type);
}

// conv -> sigmoid -> exp -> conv.
HostTensor run(DType type, int64_t width, int64_t middle, DeviceKind kind, const std::string& impl, bool fuse = true) {
  const Value x = input_value("x", type, Shape{1, 4, width, 3}), w1 = input_value("w1", type, Shape{3, 3, 3, middle});
  const Value w2 = input_value("w2", type, Shape{1, 1, middle, 5});
  const Window same{.padding = Window::Padding::same};
  const Value y = conv2d(exp(sigmoid(conv2d(x, w1, same))), w2);
  PlanOptions options = testing::plan_options(kind);
  options.fuse = fuse;
  if (!impl.empty()) options.forced_impls["conv2d"] = impl;
  const Feed feed = {{"x", wave({1, 4, width, 3}, 0.7, 1, type)},
                     {"w1", wave({3, 3, 3, middle}, 1.3, 0.5, type)},
                     {"w2", wave({1, 1, middle, 5}, 0.9, 0.1, type)}};
  return testing::run_values(std::vector<Value>{y}, feed, options)[0];
}

void expect_as_reference(DType type, int64_t width, int64_t middle) {
  const HostTensor expected = run(type, width, middle, DeviceKind::cpu, "reference");
  testing::Tolerance tolerance = testing::tolerance_for(type, middle);
  // In 16 bits the numbers in between are rounded where no fused step holds them: by up to 2^-9 of terms of up to 0.1 e (w2 and
  // the exponential of a sigmoid), which adds up like a random walk; four standard deviations of it.
  if (type == DType::bf16) tolerance.absolute += 4 * std::sqrt(static_cast<double>(middle)) * 0.1 * std::exp(1.0) * 0x1p-9;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const bool fuse : {true, false}) {
      const HostTensor got = run(type, width, middle, kind, "", fuse);
      EXPECT_TRUE(testing::is_close(got, expected, tolerance)) << kind << " " << type << " fuse " << fuse;
    }
  }
}

TEST(PaddedLanes, DoNotReachTheNextConvolution) {
  for (const DType type : {DType::f32, DType::bf16}) {
    expect_as_reference(type, 7, 255);
    expect_as_reference(type, 7, 1);
  }
}

TEST(PaddedLanes, WidePicturesIn16Bits) { expect_as_reference(DType::bf16, 416, 16); }

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// What compilation makes of a convolution and the nodes behind it, and that it computes the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/all_ops.h"
#include "kernels/conv2d/conv2d.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Multiples of a quarter between -1 and 1.
HostTensor quarters(const Extents& extents, DType type, int salt) {
  HostTensor numbers(DType::f32, extents);
  int64_t i = salt;
  for (float& value : numbers.as<float>()) {
    value = 0.25f * static_cast<float>((i * 7919 + i / 13) % 9 - 4);
    ++i;
  }
  return numbers.cast(type);
}

struct Block {
  DType type = DType::f32;
  int64_t channels = 8;
  double slope = 0.1;

  Extents picture() const { return {2, 5, 4, channels}; }
  Extents filters() const { return {3, 3, channels, channels}; }
  Value x = input_value("x", type, picture()), w = input_value("w", type, filters());
  Value scale = input_value("scale", DType::f32, Shape{channels}), shift = input_value("shift", DType::f32, Shape{channels});
  Value residual = input_value("residual", type, picture());

  Feed feed() const {
    return {{"x", quarters(picture(), type, 1)},
            {"w", quarters(filters(), type, 2)},
            {"scale", quarters({channels}, DType::f32, 3)},
            {"shift", quarters({channels}, DType::f32, 4)},
            {"residual", quarters(picture(), type, 5)}};
  }
  Value convolved() const {
    const NameScope scope("conv");
    return conv2d(x, w, {.padding = Window::Padding::same});
  }
  // As a normalisation with moving statistics traces it: in f32, back to the type of x.
  Value normalised(const Value& y) const {
    const NameScope scope("norm");
    return cast(cast(y, DType::f32) * scale + shift, type);
  }
  Value whole() const {
    const Value y = normalised(convolved());
    const NameScope scope("act");
    return leaky_relu(y, slope) + residual;
  }
};

PlanOptions options_of(DeviceKind kind, bool fuse) {
  PlanOptions options = testing::plan_options(kind);
  options.fuse = fuse;
  return options;
}

std::string printed_plan(const Value& y, const PlanOptions& options) {
  static const OpRegistry ops = kernels::all_ops();
  std::ostringstream out;
  print_plan(make_plan({.outputs = {{"y", y}}}, {}, ops, options), out);
  return out.str();
}

HostTensor run(const Value& y, const Feed& feed, const PlanOptions& options) {
  return testing::run_values(std::vector{y}, feed, options)[0];
}

TEST(Conv2dEpilogue, NormalisationActivationAndShortcutBecomeOneStep) {
  for (const DType type : {DType::f32, DType::bf16}) {
    for (const int64_t channels : {8, 255, 1}) {
      const Block block{.type = type, .channels = channels};
      for (const DeviceKind kind : testing::available_devices()) {
        const std::string plan = printed_plan(block.whole(), options_of(kind, true));
        EXPECT_THAT(plan, HasSubstr("scale, shift, leaky 0.1")) << kind << type << channels;
        EXPECT_THAT(plan, HasSubstr(", residual")) << kind << type << channels;
        EXPECT_THAT(plan, HasSubstr("# conv/conv2d + norm/pointwise + act/pointwise#")) << kind << type << channels;
        EXPECT_THAT(plan, Not(HasSubstr("pointwise/"))) << kind << type << channels;
      }
    }
  }
}

TEST(Conv2dEpilogue, WithAndWithoutFusingAgree) {
  for (const DType type : {DType::f32, DType::bf16}) {
    for (const int64_t channels : {8, 255, 1}) {
      const Block block{.type = type, .channels = channels};
      for (const DeviceKind kind : testing::available_devices()) {
        const HostTensor fused = run(block.whole(), block.feed(), options_of(kind, true));
        const HostTensor plain = run(block.whole(), block.feed(), options_of(kind, false));
        // In 16 bits the single nodes round four times, the one once.
        testing::Tolerance tolerance = testing::tolerance_for(type, 9 * channels);
        if (type == DType::bf16) tolerance.relative *= 4, tolerance.absolute += 0x1p-8;
        EXPECT_TRUE(testing::is_close(fused, plain, tolerance)) << kind << type << channels;
      }
    }
  }
}

// Sums of quarters are exact in f32 and halving is: the same bits whatever is fused.
TEST(Conv2dEpilogue, IsExactWhereTheSingleNodesAre) {
  const Block block{.slope = 0.5};
  for (const DeviceKind kind : testing::available_devices()) {
    EXPECT_TRUE(testing::is_equal(run(block.whole(), block.feed(), options_of(kind, true)),
                                  run(block.whole(), block.feed(), options_of(kind, false))))
        << kind;
  }
}

TEST(Conv2dEpilogue, LeavesAResultThatIsFetchedOrReadTwice) {
  const Block block;
  const Value y = block.convolved();
  static const OpRegistry ops = kernels::all_ops();
  for (const Graph& graph : {Graph{.outputs = {{"y", y}, {"z", y + block.shift}}},
                             Graph{.outputs = {{"y", tanh(y)}, {"z", y + block.shift}}}}) {
    std::ostringstream out;
    print_plan(make_plan(graph, {}, ops, options_of(DeviceKind::cpu, true)), out);
    EXPECT_THAT(out.str(), HasSubstr("epilogue=none"));
    EXPECT_THAT(out.str(), Not(HasSubstr("epilogue=shift")));
  }
}

TEST(Conv2dEpilogue, LeavesAResultThatOneNodeReadsTwice) {
  const Block block{.channels = 1};
  const Value y = block.convolved();
  EXPECT_THAT(printed_plan(y + y, options_of(DeviceKind::cpu, true)), HasSubstr("epilogue=none"));
}

TEST(Conv2dEpilogue, AResultForOthersMayStayF32) {
  const Block block{.type = DType::bf16};
  const Value y = cast(block.convolved(), DType::f32) + block.shift;
  for (const DeviceKind kind : testing::available_devices()) {
    EXPECT_THAT(printed_plan(y, options_of(kind, true)), HasSubstr("epilogue=shift, to f32")) << kind;
    EXPECT_EQ(run(y, block.feed(), options_of(kind, true)).dtype(), DType::f32);
  }
}

TEST(Conv2dEpilogue, ReluHidesNoNaN) {
  const Block block;
  Feed feed = block.feed();
  feed.at("x").as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor y = run(relu(block.convolved()), feed, options_of(kind, true));
    EXPECT_TRUE(testing::is_equal(y, run(relu(block.convolved()), feed, options_of(kind, false)))) << kind;
    EXPECT_TRUE(std::isnan(y.at(0))) << kind;
  }
}

// The weight's gradient needs what the activation saw: the bias goes in, the activation stays, and the numbers are the same.
TEST(Conv2dEpilogue, TrainingKeepsWhatGradientsRead) {
  const Block block{.slope = 0.5};
  const Value y = leaky_relu(block.convolved() + block.shift, block.slope);
  const std::vector<Value> wanted = {block.x, block.w, block.shift};
  const auto gradients = build_gradients(std::vector{mean(square(y))}, std::vector{Value()}, wanted);
  for (const DeviceKind kind : testing::available_devices()) {
    const auto fused = testing::run_values(gradients, block.feed(), options_of(kind, true));
    const auto plain = testing::run_values(gradients, block.feed(), options_of(kind, false));
    for (size_t i = 0; i < fused.size(); ++i) {
      EXPECT_TRUE(testing::is_close(fused[i], plain[i], testing::tolerance_for(DType::f32, 200))) << kind << " " << i;
    }
    const std::string plan = printed_plan(gradients[1], options_of(kind, true));
    EXPECT_THAT(plan, HasSubstr("epilogue=shift")) << kind;
    EXPECT_THAT(plan, Not(HasSubstr("epilogue=shift, leaky"))) << kind;
  }
}

// A frozen normalisation in training: its factors are no trained weights, so nobody else reads the convolution's sums.
TEST(Conv2dEpilogue, AFrozenNormalisationGoesInAndTrainsTheSame) {
  const Block block;
  const Value loss = mean(square(block.whole()));
  const auto gradients = build_gradients(std::vector{loss}, std::vector{Value()}, std::vector{block.w, block.residual});
  for (const DeviceKind kind : testing::available_devices()) {
    const auto fused = testing::run_values(gradients, block.feed(), options_of(kind, true));
    const auto plain = testing::run_values(gradients, block.feed(), options_of(kind, false));
    for (size_t i = 0; i < fused.size(); ++i) {
      EXPECT_TRUE(testing::is_close(fused[i], plain[i], testing::tolerance_for(DType::f32, 200))) << kind << " " << i;
    }
    EXPECT_THAT(printed_plan(gradients[0], options_of(kind, true)), HasSubstr("epilogue=scale, shift")) << kind;
  }
}

}  // namespace
}  // namespace lamina

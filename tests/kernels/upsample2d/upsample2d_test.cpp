// SPDX-License-Identifier: Apache-2.0
// What the cases of the op cannot say: symbols, errors, and that a gradient through a model sums its blocks.
#include "kernels/upsample2d/upsample2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;

TEST(Upsample2d, MultipliesSymbols) {
  const Dim n = Dim::symbol("n"), height = Dim::symbol("height"), width = Dim::symbol("width");
  const Value x = input_value("x", DType::f32, {n, height, width, 3});
  EXPECT_EQ(upsample2d(x, 2, 3).shape(), (Shape{n, height * Dim(2), width * Dim(3), 3}));
}

TEST(Upsample2d, ByOneIsTheValueItself) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("n"), 4, 4, 3});
  EXPECT_TRUE(upsample2d(x, 1, 1).same_as(x));
}

TEST(Upsample2d, NamesWhatItCannotDo) {
  const NameScope scope("net");
  const auto expect_error = [](const std::string& message, auto call) { testing::expect_error(ErrorKind::model, message, call); };
  expect_error("[upsample2d] node \"net/upsample2d\": takes (batch, height, width, channels), got (2, 3)",
               [] { upsample2d(input_value("x", DType::f32, {2, 3}), 2, 2); });
  expect_error("[upsample2d] node \"net/upsample2d\": rows and columns must be repeated at least once, got 2 and 0",
               [] { upsample2d(input_value("x", DType::f32, {1, 2, 3, 4}), 2, 0); });
  const auto grad = [](DType dtype, const Shape& dy) {
    return [=] { make_value(upsample2d_grad_op(), Upsample2dAttributes{2, 2, {1, 2, 2, 1}}, {input_value("dy", dtype, dy)}); };
  };
  expect_error("[upsample2d_grad] node \"net/upsample2d_grad\": takes a gradient of shape (1, 4, 4, 1), got (1, 4, 5, 1)",
               grad(DType::f32, {1, 4, 5, 1}));
  expect_error("[upsample2d_grad] node \"net/upsample2d_grad\": takes gradients in floats, got i32",
               grad(DType::i32, {1, 4, 4, 1}));
}

TEST(Upsample2d, RunsWithSymbolsAndItsGradientSumsTheBlocks) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("n"), 1, 2, 1});
  const Value weight = input_value("weight", DType::f32, {Dim::symbol("n"), 2, 4, 1});
  const Value y = upsample2d(x, 2, 2) * weight;
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  const Feed feed = {{"x", HostTensor::of<float>({1, 1, 2, 1}, {3, 5})},
                     {"weight", HostTensor::of<float>({1, 2, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results = testing::run_values(std::vector<Value>{y, dx}, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(), ElementsAre(3, 6, 15, 20, 15, 18, 35, 40)) << name_of(kind);
    EXPECT_THAT(results[1].as<float>(), ElementsAre(1 + 2 + 5 + 6, 3 + 4 + 7 + 8)) << name_of(kind);
  }
}

}  // namespace
}  // namespace lamina

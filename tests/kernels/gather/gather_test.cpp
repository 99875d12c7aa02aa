// SPDX-License-Identifier: Apache-2.0
// What the cases of the ops cannot say: errors, indices out of range, one_hot, gather_along, and training a table.
#include "kernels/gather/gather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value table_of(const Shape& shape) { return input_value("table", DType::f32, shape); }
Value indices_of(const Shape& shape, DType dtype = DType::i32) { return input_value("indices", dtype, shape); }

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

HostTensor gathered(const std::vector<int32_t>& indices, DeviceKind kind, const std::string& impl) {
  const Value y = gather(table_of({3, 2}), indices_of({Dim::symbol("n"), 2}));
  const Feed feed = {{"table", HostTensor::of<float>({3, 2}, {1, 2, 3, 4, 5, 6})},
                     {"indices", HostTensor::of<int32_t>({static_cast<int64_t>(indices.size()) / 2, 2}, indices)}};
  PlanOptions options = testing::plan_options(kind);
  options.forced_impls["gather"] = impl;
  return testing::run_values(std::vector<Value>{y}, feed, options)[0];
}

TEST(Gather, PicksRowsByIndicesOfAnyShape) {
  const Value y = gather(table_of({Dim::symbol("words"), 4, 5}), indices_of({Dim::symbol("batch"), Dim::symbol("t")}));
  EXPECT_EQ(y.shape(), (Shape{Dim::symbol("batch"), Dim::symbol("t"), 4, 5}));
  EXPECT_THAT(gathered({2, 0, 0, 1}, DeviceKind::cpu, "rows").as<float>(), ElementsAre(5, 6, 1, 2, 1, 2, 3, 4));
}

TEST(Gather, NamesWhatDoesNotFit) {
  const NameScope scope("net");
  EXPECT_THAT(message_of([] {
                gather(table_of({3, 2}), indices_of({4}, DType::f32));
              }),
              HasSubstr("[gather] node \"net/gather\": the indices must be i32, got f32; use cast()"));
  EXPECT_THAT(message_of([] { gather(table_of({}), indices_of({4})); }), HasSubstr("the table needs an axis of rows"));
  EXPECT_THAT(message_of([] {
                gather_grad(table_of({4, 3}), indices_of({4}), {7, 2});
              }),
              HasSubstr("rows of shape (4, 3) do not fit indices (4,) into a table (7, 2)"));
}

TEST(Gather, OnCpuAnIndexOutOfRangeIsNamedWithItsPlace) {
  for (const char* impl : {"rows", "reference"}) {
    EXPECT_THAT(message_of([&] {
                  gathered({2, 0, 1, 3}, DeviceKind::cpu, impl);
                }),
                HasSubstr("indices[1, 1] is 3, the table has rows 0 to 2"));
    EXPECT_THAT(message_of([&] { gathered({-1, 0}, DeviceKind::cpu, impl); }), HasSubstr("indices[0, 0] is -1"));
  }
}

TEST(Gather, OnSimAnIndexOutOfRangeIsAFaultOfTheKernel) {
  EXPECT_THAT(message_of([] {
                gathered({2, 0, 1, 3}, DeviceKind::sim, "rows");
              }),
              HasSubstr("row >= 0 && row < args.rows"));
}

TEST(GatherGrad, AnIndexOutOfRangeIsAnErrorToo) {
  const Value dy = input_value("dy", DType::f32, {2, 3});
  const Value table = gather_grad(dy, indices_of({2}), {4, 3});
  const Feed feed = {{"dy", HostTensor(DType::f32, {2, 3})}, {"indices", HostTensor::of<int32_t>({2}, {3, 4})}};
  for (const char* impl : {"columns", "reference"}) {
    PlanOptions options = testing::plan_options(DeviceKind::cpu);
    options.forced_impls["gather_grad"] = impl;
    EXPECT_THAT(message_of([&] { testing::run_values(std::vector<Value>{table}, feed, options); }),
                HasSubstr("indices[1] is 4, the table has rows 0 to 3"));
  }
  EXPECT_THAT(
      message_of([&] { testing::run_values(std::vector<Value>{table}, feed, testing::plan_options(DeviceKind::sim)); }),
      HasSubstr("mine >= 0 && mine < rows"));
}

TEST(GatherGrad, OfASymbolicTableHasItsShape) {
  const Value table = table_of({Dim::symbol("words"), 2});
  const Value indices = indices_of({Dim::symbol("n")});
  const Value y = square(gather(table, indices));
  const std::vector<Value> gradients =
      build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{table, indices});
  EXPECT_EQ(gradients[0].shape(), table.shape());
  EXPECT_FALSE(gradients[1].exists());
  const Feed feed = {{"table", HostTensor::of<float>({3, 2}, {1, 2, 3, 4, 5, 6})},
                     {"indices", HostTensor::of<int32_t>({4}, {2, 0, 2, 2})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor result =
        testing::run_values(std::vector<Value>{gradients[0]}, feed, testing::plan_options(kind))[0];
    EXPECT_THAT(result.as<float>(), ElementsAre(2, 4, 0, 0, 30, 36)) << name_of(kind);
  }
}

TEST(OneHot, IsOneAtTheIndexAndZeroForNone) {
  const Value y = one_hot(indices_of({Dim::symbol("n")}), 3);
  EXPECT_EQ(y.shape(), (Shape{Dim::symbol("n"), 3}));
  EXPECT_EQ(y.dtype(), DType::f32);
  EXPECT_EQ(one_hot(indices_of({2, 2}), 5, DType::boolean).dtype(), DType::boolean);
  const Feed feed = {{"indices", HostTensor::of<int32_t>({4}, {2, 0, 3, -1})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const HostTensor result = testing::run_values(std::vector<Value>{y}, feed, testing::plan_options(kind))[0];
    EXPECT_THAT(result.as<float>(), ElementsAre(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)) << name_of(kind);
  }
  EXPECT_THROW(one_hot(indices_of({2}, DType::f32), 3), Error);
}

TEST(GatherAlong, TakesOneElementOfEachLine) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("n"), 3});
  const Value indices = indices_of({Dim::symbol("n")});
  const Value y = gather_along(x, indices);
  EXPECT_EQ(y.shape(), (Shape{Dim::symbol("n")}));
  const Value dx = build_gradients(std::vector<Value>{y * 2.0}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  // The elements that are not taken do not matter, not even infinite ones.
  const Feed feed = {{"x", HostTensor::of<float>({2, 3}, {1, 2, HUGE_VALF, 4, 5, 6})},
                     {"indices", HostTensor::of<int32_t>({2}, {1, 2})}};
  for (const DeviceKind kind : testing::available_devices()) {
    const std::vector<HostTensor> results =
        testing::run_values(std::vector<Value>{y, dx}, feed, testing::plan_options(kind));
    EXPECT_THAT(results[0].as<float>(), ElementsAre(2, 6)) << name_of(kind);
    EXPECT_THAT(results[1].as<float>(), ElementsAre(0, 2, 0, 0, 0, 2)) << name_of(kind);
  }
}

TEST(GatherAlong, RunsAlongAnyAxis) {
  const Value x = input_value("x", DType::i32, {2, 3, 2});
  const Feed feed = {{"x", HostTensor::of<int32_t>({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})},
                     {"indices", HostTensor::of<int32_t>({2, 2}, {0, 1, 2, 0})}};
  const Value y = gather_along(x, indices_of({2, 2}), 1);
  const HostTensor result = testing::run_values(std::vector<Value>{y}, feed, testing::plan_options(DeviceKind::cpu))[0];
  EXPECT_THAT(result.as<int32_t>(), ElementsAre(1, 4, 11, 8));
  EXPECT_THROW(gather_along(x, indices_of({2, 3}), 1), Error);
  EXPECT_THROW(gather_along(input_value("x", DType::f32, {2, Dim::symbol("n")}), indices_of({2}), 1), Error);
}

}  // namespace
}  // namespace lamina

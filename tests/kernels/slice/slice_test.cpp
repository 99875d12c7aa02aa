// SPDX-License-Identifier: Apache-2.0
// What the cases of the ops cannot say: Python's reading of bounds, symbols, errors, and the way through a model.
#include "kernels/slice/slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/compile/build_gradients.h"
#include "core/graph/pointwise.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value x_of(const Shape& shape) { return input_value("x", DType::f32, shape); }

HostTensor counted(const Extents& extents) {
  std::vector<float> values(static_cast<size_t>(extents.count()));
  std::iota(values.begin(), values.end(), 0.0f);
  return HostTensor::of<float>(extents, values);
}

std::vector<float> run(const Value& value, const Extents& extents, DeviceKind kind = DeviceKind::cpu) {
  const HostTensor y =
      testing::run_values(std::vector<Value>{value}, {{"x", counted(extents)}}, testing::plan_options(kind))[0];
  return {y.as<float>().begin(), y.as<float>().end()};
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// x[begin:end:step] of range(size), from Python's definition of slice.indices.
std::vector<float> python(int64_t size, int64_t begin, int64_t end, int64_t step) {
  const auto cut = [&](int64_t bound) {
    if (bound < 0) bound += size;
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    return std::min(std::max(bound, low), high);
  };
  std::vector<float> taken;
  begin = cut(begin), end = cut(end);
  for (int64_t at = begin; step > 0 ? at < end : at > end; at += step) taken.push_back(static_cast<float>(at));
  return taken;
}

TEST(Slice, ReadsBoundsAsPython) {
  for (const int64_t step : {1, 2, 3, -1, -2}) {
    for (int64_t begin = -7; begin <= 7; begin += 2) {
      for (int64_t end = -7; end <= 7; ++end) {
        const Value y = slice(x_of({5}), 0, begin, end, step);
        const std::vector<float> expected = python(5, begin, end, step);
        ASSERT_EQ(y.shape(), (Shape{Dim(static_cast<int64_t>(expected.size()))})) << begin << ":" << end << ":" << step;
        if (y.node()->op == &slice_op()) {
          ASSERT_EQ(run(y, {5}), expected) << begin << ":" << end << ":" << step;
        }
      }
    }
  }
}

TEST(Slice, CountsFromTheEndOfASymbolicAxis) {
  const Dim t = Dim::symbol("t");
  const Value x = x_of({2, t});
  const Value last = slice(x, 1, -1, t);
  EXPECT_EQ(last.shape(), (Shape{2, 1}));
  EXPECT_EQ(run(last, {2, 4}), (std::vector<float>{3, 7}));
  const Value but_one = slice(x, -1, 0, -1);
  EXPECT_EQ(but_one.shape(), (Shape{2, t - Dim(1)}));
  EXPECT_EQ(run(but_one, {2, 3}), (std::vector<float>{0, 1, 3, 4}));
  const Value every_second = slice(x, 1, 0, t, 2);
  EXPECT_EQ(run(every_second, {2, 3}), (std::vector<float>{0, 2, 3, 5}));
  EXPECT_EQ(run(every_second, {2, 4}), (std::vector<float>{0, 2, 4, 6}));
}

TEST(Slice, OfAllIsTheValueItself) {
  const Value x = x_of({2, Dim::symbol("t")});
  EXPECT_TRUE(slice(x, 1, 0, Dim::symbol("t")).same_as(x));
  EXPECT_TRUE(slice(x, 0, -2, 7).same_as(x));
}

TEST(Slice, ReverseRunsOverTheWholeAxis) {
  const Value x = x_of({2, Dim::symbol("t")});
  const Value reversed = reverse(x, 1);
  EXPECT_EQ(reversed.shape(), x.shape());
  for (const DeviceKind kind : testing::available_devices()) {
    EXPECT_EQ(run(reversed, {2, 3}, kind), (std::vector<float>{2, 1, 0, 5, 4, 3})) << name_of(kind);
    EXPECT_EQ(run(reverse(reversed, 1), {2, 3}, kind), (std::vector<float>{0, 1, 2, 3, 4, 5})) << name_of(kind);
  }
}

TEST(Slice, NamesWhatDoesNotExist) {
  const NameScope scope("net");
  EXPECT_THAT(message_of([] { slice(x_of({2, 3}), 2, 0, 1); }), HasSubstr("[slice]: axis 2 of a tensor with 2 axes"));
  EXPECT_THAT(message_of([] { slice(x_of({2, 3}), 1, 0, 1, 0); }), HasSubstr("[slice] the step is 0"));
  EXPECT_THAT(message_of([] {
                slice_axes(x_of({2, 3}), {0, 1}, {2, 3}, {1, 1});
              }),
              HasSubstr("[slice] node \"net/slice\": elements 1 to 3 of axis 1, which has 3"));
  EXPECT_THAT(message_of([] {
                slice_axes(x_of({2, 3}), {0}, {2}, {1});
              }),
              HasSubstr("one begin, length and step per axis: 2"));
  EXPECT_THAT(message_of([] {
                unslice(x_of({2, 3}), {2, 4}, {0, 2}, {1, 1});
              }),
              HasSubstr("[unslice] node \"net/unslice\": elements 2 to 4 of axis 1, which has 4"));
}

TEST(Slice, ASymbolicAxisThatIsTooShortIsAnErrorOnceItIsKnown) {
  const Value y = slice(x_of({Dim::symbol("t")}), 0, 1, 4);
  EXPECT_EQ(y.shape(), (Shape{3}));
  EXPECT_EQ(run(y, {4}), (std::vector<float>{1, 2, 3}));
  EXPECT_THAT(message_of([&] { run(y, {3}); }), HasSubstr("elements 1 to 3 of axis 0, which has 3"));
}

TEST(Slice, GradientIsZeroOutsideOfWhatWasTaken) {
  const Dim t = Dim::symbol("t");
  const Value x = x_of({2, t});
  const Value y = square(slice(x, 1, 1, t, 2));
  const Value dx = build_gradients(std::vector<Value>{y}, std::vector<Value>{Value()}, std::vector<Value>{x})[0];
  EXPECT_EQ(dx.shape(), x.shape());
  for (const DeviceKind kind : testing::available_devices()) {
    EXPECT_EQ(run(dx, {2, 4}, kind), (std::vector<float>{0, 2, 0, 6, 0, 10, 0, 14})) << name_of(kind);
  }
}

TEST(Unslice, IsUndoneBySlice) {
  const Value x = x_of({Dim::symbol("n"), 2});
  const Value apart = unslice(x, {Dim::symbol("n"), 5}, {0, 4}, {1, -2});
  for (const DeviceKind kind : testing::available_devices()) {
    EXPECT_EQ(run(apart, {1, 2}, kind), (std::vector<float>{0, 0, 1, 0, 0})) << name_of(kind);
    const Value back = slice_axes(apart, {0, 4}, x.shape(), {1, -2});
    EXPECT_EQ(run(back, {3, 2}, kind), (std::vector<float>{0, 1, 2, 3, 4, 5})) << name_of(kind);
  }
}

}  // namespace
}  // namespace lamina

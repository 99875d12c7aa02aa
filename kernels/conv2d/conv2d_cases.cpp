// SPDX-License-Identifier: Apache-2.0
// Convolutions around the tiles of the kernels: every padding, strides that do and do not divide, dilation, windows as
// large as the picture, channels that are and are not a multiple of 16 bytes, and the shapes of YOLOv3. The two gradients
// run the same list, and conv2d some of it with every kind of epilogue. Whole numbers must come out equal bit by bit.
#include <algorithm>

#include "core/base/text.h"
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"
#include "kernels/conv2d/conv2d.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;
using Padding = Window::Padding;

struct ConvShape {
  const char* name;
  CaseTag tag;
  Extents x, w;
  Window window = {};  // its size is w's
};

constexpr Window kSame{.padding = Padding::same};
constexpr Window kSame2{.stride = {2, 2}, .padding = Padding::same};
constexpr Window kDarknet{.stride = {2, 2}, .padding = Padding::given, .before = {1, 1}};  // ((1, 0), (1, 0))

const std::vector<ConvShape>& shapes() {
  static const std::vector<ConvShape> kShapes = {
      {"1x1", CaseTag::small, {2, 3, 4, 5}, {1, 1, 5, 3}},
      {"3x3_valid", CaseTag::small, {1, 5, 6, 3}, {3, 3, 3, 4}},
      {"3x3_same", CaseTag::small, {2, 4, 5, 3}, {3, 3, 3, 2}, kSame},
      {"3x3_same_stride_2", CaseTag::small, {1, 6, 7, 2}, {3, 3, 2, 3}, kSame2},
      {"3x3_darknet", CaseTag::small, {1, 6, 6, 3}, {3, 3, 3, 4}, kDarknet},
      {"8_channels", CaseTag::small, {1, 4, 4, 8}, {3, 3, 8, 8}, kSame},
      {"2x3_uneven", CaseTag::small,
       {1, 6, 7, 2}, {2, 3, 2, 3}, {.stride = {2, 1}, .dilation = {1, 2}, .padding = Padding::given, .before = {0, 2}, .behind = {1, 0}}},
      {"dilated", CaseTag::small, {1, 7, 7, 2}, {3, 3, 2, 2}, {.dilation = {2, 2}, .padding = Padding::same}},
      {"16_to_32_channels", CaseTag::odd, {2, 9, 10, 16}, {3, 3, 16, 32}, kSame},
      {"64_to_32_channels_1x1", CaseTag::odd, {1, 13, 13, 64}, {1, 1, 64, 32}},
      {"strided_1x1", CaseTag::odd, {2, 7, 8, 8}, {1, 1, 8, 24}, {.stride = {2, 3}}},
      {"255_channels_out", CaseTag::odd, {1, 5, 5, 24}, {1, 1, 24, 255}},
      {"long_sums_over_channels", CaseTag::odd, {1, 5, 4, 64}, {3, 3, 64, 64}, kSame},
      {"long_sums_over_places", CaseTag::odd, {2, 17, 18, 3}, {3, 3, 3, 5}, kSame},
      {"1_channel", CaseTag::odd, {1, 9, 8, 1}, {3, 3, 1, 1}, kSame},
      {"picture", CaseTag::odd, {1, 20, 22, 3}, {3, 3, 3, 16}, kSame},
      {"darknet_8_channels", CaseTag::odd, {1, 12, 12, 8}, {3, 3, 8, 16}, kDarknet},
      {"window_is_the_picture", CaseTag::odd, {3, 4, 5, 2}, {4, 5, 2, 3}},
      {"stride_beyond_the_window", CaseTag::odd, {1, 11, 11, 3}, {2, 2, 3, 4}, {.stride = {4, 3}}},
      {"padding_beyond_the_window", CaseTag::odd,
       {1, 3, 4, 2}, {2, 2, 2, 3}, {.padding = Padding::given, .before = {3, 0}, .behind = {0, 3}}},
      {"7x7_stride_2", CaseTag::odd, {1, 17, 15, 3}, {7, 7, 3, 8}, kSame2},
      {"one_row", CaseTag::odd, {2, 1, 37, 4}, {1, 5, 4, 6}, kSame},
      {"no_batch", CaseTag::odd, {0, 4, 4, 3}, {3, 3, 3, 2}, kSame},
      {"nothing_summed", CaseTag::odd, {1, 3, 3, 0}, {1, 1, 0, 2}},
      {"bench_yolo_first", CaseTag::bench, {1, 416, 416, 3}, {3, 3, 3, 32}, kSame},
      {"bench_yolo_down", CaseTag::bench, {1, 208, 208, 64}, {3, 3, 64, 128}, kDarknet},
      {"bench_yolo_52", CaseTag::bench, {1, 52, 52, 128}, {3, 3, 128, 256}, kSame},
      {"bench_yolo_26_1x1", CaseTag::bench, {1, 26, 26, 512}, {1, 1, 512, 256}},
      {"bench_yolo_13", CaseTag::bench, {1, 13, 13, 512}, {3, 3, 512, 1024}, kSame},
  };
  return kShapes;
}

Window window_of(const ConvShape& shape) {
  Window window = shape.window;
  window.size = {shape.w[0], shape.w[1]};
  return window;
}

Extents places_of(const ConvShape& shape) {
  Extents y = window_places(window_of(shape), shape.x).extents();
  y[3] = shape.w[3];
  return y;
}

struct NamedEpilogue {
  const char* name;
  Epilogue parts;
};

// A slope of a half keeps whole numbers exact.
constexpr NamedEpilogue kEpilogues[] = {
    {"_shift", {.shift = true}},
    {"_scale", {.scale = true}},
    {"_shift_leaky", {.shift = true, .slope = 0.5}},
    {"_relu", {.slope = 0}},
    {"_residual", {.residual = true}},
    {"_norm_leaky", {.scale = true, .shift = true, .slope = 0.5}},
    {"_norm_leaky_residual", {.scale = true, .shift = true, .slope = 0.5, .residual = true}},
    {"_norm_leaky_residual_f32", {.scale = true, .shift = true, .slope = 0.5, .residual = true, .widened = true}},
};

bool has_epilogues(const ConvShape& shape) {
  // Between them: each implementation, tiles with tails, sums that are cut into parts, nothing at all, and one of YOLOv3.
  const std::string_view chosen[] = {"3x3_same", "8_channels", "16_to_32_channels", "255_channels_out", "1_channel",
                                     "long_sums_over_channels", "no_batch", "bench_yolo_52"};
  return std::find(std::begin(chosen), std::end(chosen), shape.name) != std::end(chosen);
}

template <class Make>
std::vector<OpCase> cases_of(Make make, const char* suffix = "") {
  std::vector<OpCase> cases;
  for (const ConvShape& shape : shapes()) {
    if (*suffix && !has_epilogues(shape)) continue;
    for (const Fill fill : {Fill::uniform, Fill::integers}) {
      OpCase one = make(shape);
      one.name = text(shape.name, suffix, fill == Fill::integers ? "_whole" : "");
      one.tag = shape.tag;
      for (CaseInput& input : one.inputs) {
        input.fill = fill;
        input.low = -2;
        input.high = 2;
      }
      one.dtypes = {DType::f32, DType::bf16};
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

OpCase with_epilogue(const ConvShape& shape, const Epilogue& parts) {
  OpCase one;
  const Extents channels{shape.w[3]};
  one.inputs = {{.extents = shape.x}, {.extents = shape.w}};
  if (parts.scale) one.inputs.push_back({.extents = channels});
  if (parts.shift) one.inputs.push_back({.extents = channels});
  if (parts.residual) one.inputs.push_back({.extents = places_of(shape)});
  one.build = [window = window_of(shape), parts](std::span<const Value> inputs) {
    // Vectors are f32 whatever the factors are; so is a residual that is added to f32.
    const DType type = inputs[0].dtype(), vectors = type == DType::f64 ? DType::f64 : DType::f32;
    EpilogueInputs epilogue = epilogue_inputs(parts, inputs, 2);
    if (parts.scale) epilogue.scale = cast(epilogue.scale, vectors);
    if (parts.shift) epilogue.shift = cast(epilogue.shift, vectors);
    if (parts.residual) epilogue.residual = cast(epilogue.residual, parts.widened ? vectors : type);
    return std::vector<Value>{conv2d(inputs[0], inputs[1], window, epilogue)};
  };
  return one;
}

}  // namespace

std::vector<OpCase> conv2d_cases() {
  std::vector<OpCase> cases = cases_of([](const ConvShape& shape) {
    OpCase one;
    one.inputs = {{.extents = shape.x}, {.extents = shape.w}};
    one.build = [window = window_of(shape)](std::span<const Value> inputs) {
      return std::vector<Value>{conv2d(inputs[0], inputs[1], window)};
    };
    return one;
  });
  for (const NamedEpilogue& named : kEpilogues) {
    for (OpCase& one : cases_of([&](const ConvShape& shape) { return with_epilogue(shape, named.parts); }, named.name)) {
      for (CaseInput& input : one.inputs) {
        const bool whole = input.fill == Fill::integers;
        if (!whole) input.low = -1, input.high = 1;                          // the gradient of scale sums products of three
        if (whole && named.parts.slope != 1) input.differentiable = false;  // sums of zero stand on the bend
      }
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

std::vector<OpCase> conv2d_dgrad_cases() {
  return cases_of([](const ConvShape& shape) {
    OpCase one;
    one.inputs = {{.extents = places_of(shape)}, {.extents = shape.w}};
    one.build = [window = window_of(shape), x = shape.x](std::span<const Value> inputs) {
      return std::vector<Value>{conv2d_dgrad(inputs[0], inputs[1], window, x)};
    };
    return one;
  });
}

std::vector<OpCase> conv2d_wgrad_cases() {
  return cases_of([](const ConvShape& shape) {
    OpCase one;
    one.inputs = {{.extents = shape.x}, {.extents = places_of(shape)}};
    one.build = [window = window_of(shape), w = shape.w](std::span<const Value> inputs) {
      return std::vector<Value>{conv2d_wgrad(inputs[0], inputs[1], window, w)};
    };
    return one;
  });
}

}  // namespace lamina

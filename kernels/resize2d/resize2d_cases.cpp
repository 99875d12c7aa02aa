// SPDX-License-Identifier: Apache-2.0
// Pictures that grow, shrink, stay and are letterboxed, by both rules of coordinates, from and to both types.
#include "core/op/op_case.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct ResizeShape {
  const char* name;
  CaseTag tag;
  Extents x;
  int64_t height, width;  // of the result
  bool letterboxed = false;
};

std::vector<ResizeShape> shapes() {
  return {
      {"up", CaseTag::small, {2, 3, 4, 3}, 7, 9},
      {"double", CaseTag::small, {1, 4, 3, 2}, 8, 6},
      {"down", CaseTag::small, {1, 9, 11, 3}, 4, 5},
      {"same", CaseTag::small, {2, 4, 5, 3}, 4, 5},
      {"up_and_down", CaseTag::small, {1, 3, 12, 2}, 8, 5},
      {"wide_letterbox", CaseTag::small, {1, 4, 9, 3}, 8, 8, true},
      {"tall_letterbox", CaseTag::small, {2, 9, 4, 3}, 7, 8, true},
      {"one_pixel", CaseTag::odd, {3, 1, 1, 4}, 3, 2},
      {"to_one_pixel", CaseTag::odd, {3, 5, 4, 3}, 1, 1},
      {"one_row", CaseTag::odd, {1, 1, 17, 3}, 5, 13},
      {"one_channel", CaseTag::odd, {2, 31, 17, 1}, 23, 37},
      {"many_channels", CaseTag::odd, {1, 5, 3, 131}, 7, 8},
      {"letterbox_of_a_line", CaseTag::odd, {1, 1, 40, 3}, 9, 9, true},
      {"letterbox_up", CaseTag::odd, {1, 13, 17, 3}, 64, 96, true},
      {"no_batch", CaseTag::odd, {0, 4, 4, 3}, 2, 2},
      {"no_channels", CaseTag::odd, {1, 4, 4, 0}, 2, 2},
      {"bench_letterbox", CaseTag::bench, {1, 1080, 1920, 3}, 416, 416, true},
      {"bench_features", CaseTag::bench, {8, 26, 26, 256}, 52, 52},
  };
}

struct ResizeKind {
  const char* name;
  DType from, to;
  ResizeCoordinates coordinates;
};

constexpr ResizeKind kKinds[] = {
    {"", DType::f32, DType::f32, ResizeCoordinates::half_pixel},
    {"_corners", DType::f32, DType::f32, ResizeCoordinates::corners},
    {"_bytes_to_f32", DType::u8, DType::f32, ResizeCoordinates::half_pixel},
    {"_bytes_to_f32_corners", DType::u8, DType::f32, ResizeCoordinates::corners},
    {"_bytes", DType::u8, DType::u8, ResizeCoordinates::half_pixel},
    {"_bytes_corners", DType::u8, DType::u8, ResizeCoordinates::corners},
};

OpCase case_of(const ResizeShape& shape, const ResizeKind& kind) {
  OpCase one;
  one.name = std::string(shape.name) + kind.name;
  one.tag = shape.tag;
  one.inputs = {{.extents = shape.x, .dtype = kind.from}};
  if (kind.from == DType::u8) one.inputs[0].fill = Fill::integers, one.inputs[0].low = 0, one.inputs[0].high = 255;
  const double scale = kind.from == DType::u8 ? 1.0 / 255 : 0.7;
  ResizeOptions options{.coordinates = kind.coordinates, .dtype = kind.to, .scale = scale, .fill = 0.5};
  if (kind.to == DType::u8) options.scale = 1, options.fill = 128;
  one.build = [shape, options](std::span<const Value> inputs) {
    const Value& x = inputs[0];
    if (!shape.letterboxed) return std::vector<Value>{resize2d(x, shape.height, shape.width, options)};
    const Letterbox box = letterbox(shape.x[1], shape.x[2], shape.height, shape.width);
    return std::vector<Value>{letterbox2d(x, box, options)};
  };
  return one;
}

}  // namespace

std::vector<OpCase> resize2d_cases() {
  std::vector<OpCase> cases;
  for (const ResizeShape& shape : shapes()) {
    for (const ResizeKind& kind : kKinds) cases.push_back(case_of(shape, kind));
  }
  return cases;
}

}  // namespace lamina

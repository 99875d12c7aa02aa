// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize2d/resize2d.h"

#include <cmath>

#include "core/base/check.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> resize2d_cases();

namespace {

constexpr double kFlopsPerElement = 7;  // three interpolations of two, and the scale

void check_side(const Dim& side, const char* what) {
  const bool fits = !side.is_number() || (side.number() >= 1 && side.number() <= kMaxPictureSide);
  LAMINA_CHECK(fits, what, " must be 1 to ", kMaxPictureSide, " pixels, got ", side);
}

void check_inside(const Resize2dAttributes& to) {
  const Rectangle& inside = to.inside;
  const bool rows = inside.top >= 0 && inside.height >= 1 && inside.top <= to.height - inside.height;
  const bool columns = inside.left >= 0 && inside.width >= 1 && inside.left <= to.width - inside.width;
  LAMINA_CHECK(rows && columns, "a picture of ", inside.height, " x ", inside.width, " at row ", inside.top, ", column ",
               inside.left, " does not lie in a result of ", to.height, " x ", to.width);
}

std::vector<TensorType> infer_resize2d(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& to = attributes.get<Resize2dAttributes>();
  const auto& [dtype, x] = inputs[0];
  const bool known = dtype == DType::u8 || dtype == DType::f32 || dtype == DType::f64;
  LAMINA_CHECK(known, "takes pictures in u8 or f32, got ", dtype, "; use cast()");
  LAMINA_CHECK(x.rank() == 4, "takes pictures of shape (batch, height, width, channels), got ", x);
  check_side(x[1], "the height of the pictures"), check_side(x[2], "the width of the pictures");
  check_side(to.height, "the height of the result"), check_side(to.width, "the width of the result");
  check_inside(to);
  if (dtype == DType::u8) {
    LAMINA_CHECK(to.dtype == DType::u8 || to.dtype == DType::f32, "makes u8 or f32 of u8, got ", to.dtype);
  } else {
    LAMINA_CHECK(to.dtype == dtype, "keeps the type ", dtype, " of its input, got ", to.dtype);
  }
  if (to.dtype == DType::u8) {
    LAMINA_CHECK(to.scale == 1, "a result in u8 takes no scale, got ", to.scale, "; ask for f32");
    const bool byte = to.fill >= 0 && to.fill <= 255 && to.fill == std::floor(to.fill);
    LAMINA_CHECK(byte, "a result in u8 is filled with a whole number from 0 to 255, got ", to.fill);
  }
  return {{to.dtype, {x[0], to.height, to.width, x[3]}}};
}

double flops(const Attributes& attributes, std::span<const TensorType> inputs, std::span<const TensorType>) {
  const Rectangle& inside = attributes.get<Resize2dAttributes>().inside;
  const Extents x = inputs[0].shape.extents();
  return kFlopsPerElement * static_cast<double>(x[0] * x[3]) * static_cast<double>(inside.height * inside.width);
}

Value resized(const Value& x, int64_t height, int64_t width, const Rectangle& inside, const ResizeOptions& options) {
  Resize2dAttributes to{height, width, inside, options.coordinates, options.scale, options.fill, x.dtype()};
  if (x.dtype() == DType::u8) to.dtype = options.dtype;
  return make_value(resize2d_op(), to, {x});
}

}  // namespace

const OpDef& resize2d_op() {
  static const OpDef op{.name = "resize2d", .infer = infer_resize2d, .gradient = {}, .flops = flops};
  return op;
}

Value resize2d(const Value& x, int64_t height, int64_t width, const ResizeOptions& options) {
  return resized(x, height, width, {0, 0, height, width}, options);
}

Value letterbox2d(const Value& x, const Letterbox& box, const ResizeOptions& options) {
  const Shape& shape = x.shape();
  LAMINA_CHECK(shape.rank() == 4 && shape[1] == box.from_height && shape[2] == box.from_width,
               "[letterbox2d] a letterbox for pictures of ", box.from_height, " x ", box.from_width, " does not fit the shape ",
               shape);
  return resized(x, box.to_height, box.to_width, box.inside, options);
}

std::vector<OpEntry> resize2d_ops() { return {{resize2d_op(), resize2d_cases}}; }

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Pictures (N, H, W, C) at another size by bilinear interpolation, either filling the result or, letterboxed, its middle
// with the aspect ratio kept and a constant around. No gradient: pictures are not learnt.
#pragma once

#include "core/graph/value.h"

namespace lamina {

// How the pixels of the result lie on those of the picture, along each axis of `from` and `to` pixels. Nothing is averaged
// where the picture shrinks.
enum class ResizeCoordinates : uint8_t {
  half_pixel,  // both cover the same area: (i + 0.5) * from / to - 0.5, the outermost pixels going on beyond their centres
               // (TensorFlow's resize without antialias)
  corners,     // the outermost centres lie on one another: i * (from - 1) / (to - 1), and 0 where `to` is 1 (darknet)
};

// Whole pixels of a picture.
struct Rectangle {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

// Where a picture lies in a result of a given size. A place is counted in pixels from the outer edge of the first row or
// column; edges of boxes are such places.
struct Letterbox {
  int64_t from_height = 0;
  int64_t from_width = 0;
  int64_t to_height = 0;
  int64_t to_width = 0;
  Rectangle inside;  // of the result, which the picture fills

  // From a place in the result to the one in the picture; beyond the picture where the place in the result is.
  double row_of_picture(double row) const { return scaled(row - static_cast<double>(inside.top), inside.height, from_height); }
  double column_of_picture(double column) const {
    return scaled(column - static_cast<double>(inside.left), inside.width, from_width);
  }

  friend bool operator==(const Letterbox&, const Letterbox&) = default;

 private:
  static double scaled(double place, int64_t from, int64_t to) {
    return place * static_cast<double>(to) / static_cast<double>(from);
  }
};

inline constexpr int64_t kMaxPictureSide = 1 << 20;  // pixels; positions are exact up to here

// By darknet's rule: the side that does not fill the result is floor(side * to / from), at least one pixel; half of what is
// left lies before it, the odd pixel behind. Throws ErrorKind::model for a side outside of [1, kMaxPictureSide].
Letterbox letterbox(int64_t from_height, int64_t from_width, int64_t to_height, int64_t to_width);

struct Resize2dAttributes {
  int64_t height = 0;  // of the result
  int64_t width = 0;
  Rectangle inside;  // of the result, which the picture fills
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;
  double scale = 1;
  double fill = 0;
  DType dtype = DType::f32;  // of the result
  template <class Visitor>
  void visit(Visitor&& field) {
    field("height", height), field("width", width);
    field("top", inside.top), field("left", inside.left);
    field("inside_height", inside.height), field("inside_width", inside.width);
    field("coordinates", coordinates), field("scale", scale), field("fill", fill), field("dtype", dtype);
  }
  friend bool operator==(const Resize2dAttributes&, const Resize2dAttributes&) = default;
};

const OpDef& resize2d_op();

struct ResizeOptions {
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;
  DType dtype = DType::f32;  // of the result of u8 pictures: f32 or u8; floats keep theirs
  double scale = 1;          // factor of the interpolated numbers, 1 for u8 results: 1.0 / 255 makes bytes [0, 1]
  double fill = 0;           // around a letterboxed picture, in units of the result
};

// x: u8 or f32 with at least one pixel. A result in u8 is the exact number rounded to the nearest, halves up, and so the same
// on every device; one in f32 is computed in f32.
Value resize2d(const Value& x, int64_t height, int64_t width, const ResizeOptions& options = {});

// The pictures of `x` in the middle of a result of box.to_height x box.to_width; height and width of x must be those of `box`.
Value letterbox2d(const Value& x, const Letterbox& box, const ResizeOptions& options = {});

}  // namespace lamina

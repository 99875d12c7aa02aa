// SPDX-License-Identifier: Apache-2.0
// Where the pixels of a result lie in the picture, and the interpolation between four of them, for all devices. Positions
// are fractions of whole numbers: no device rounds one, so none picks another pixel than the others.
#pragma once

#include <type_traits>

#include "core/op/kernel_impl.h"
#include "kernels/resize2d/resize2d.h"

namespace lamina {

// Pixels `first` and `second` of an axis and the part / whole of the way from one to the other. `whole` is at most
// 2 * kMaxPictureSide, which f32 holds.
struct PixelPair {
  int64_t first, second;
  int64_t part, whole;

  template <class Real>
  constexpr Real fraction() const {
    return static_cast<Real>(part) / static_cast<Real>(whole);
  }
};

struct ResizeAxis {
  int64_t from = 1;           // pixels of the picture
  int64_t begin = 0, to = 1;  // the pixels [begin, begin + to) of the result show it
  ResizeCoordinates coordinates = ResizeCoordinates::half_pixel;

  constexpr bool shows(int64_t pixel) const { return pixel >= begin && pixel < begin + to; }

  constexpr PixelPair pair_at(int64_t pixel) const {
    const int64_t i = pixel - begin;
    const bool half_pixel = coordinates == ResizeCoordinates::half_pixel;
    const int64_t whole = half_pixel ? 2 * to : to > 1 ? to - 1 : 1;
    const int64_t position = half_pixel ? (2 * i + 1) * from - to : i * (from - 1);  // in 1 / whole of a pixel
    if (position <= 0) return {0, 0, 0, whole};
    const int64_t first = position / whole;
    if (first >= from - 1) return {from - 1, from - 1, 0, whole};
    return {first, first + 1, position - first * whole, whole};
  }
};

struct Resize2dGeometry {
  int64_t batch = 0, channels = 0;
  int64_t height = 0, width = 0;  // of the result
  ResizeAxis rows, columns;
  double scale = 1, fill = 0;
};

inline Resize2dGeometry resize2d_geometry(const KernelQuery& query) {
  const auto& to = query.attributes.get<Resize2dAttributes>();
  const Extents x = query.in_extents(0);
  return {.batch = x[0],
          .channels = x[3],
          .height = to.height,
          .width = to.width,
          .rows = {x[1], to.inside.top, to.inside.height, to.coordinates},
          .columns = {x[2], to.inside.left, to.inside.width, to.coordinates},
          .scale = to.scale,
          .fill = to.fill};
}

// Between the pixels a b of one row and c d of the next: in Real, or, where the result is u8, exactly: the sums stay below
// 2^52.
template <class To, class Real, class From>
constexpr To interpolated(const PixelPair& down, const PixelPair& across, From a, From b, From c, From d, Real scale) {
  if constexpr (std::is_same_v<To, uint8_t>) {
    const int64_t upper = (across.whole - across.part) * a + across.part * b;
    const int64_t lower = (across.whole - across.part) * c + across.part * d;
    const int64_t sum = (down.whole - down.part) * upper + down.part * lower, divisor = down.whole * across.whole;
    return static_cast<To>((2 * sum + divisor) / (2 * divisor));
  } else {
    const Real x = across.fraction<Real>(), y = down.fraction<Real>();
    const Real upper = static_cast<Real>(a) + (static_cast<Real>(b) - static_cast<Real>(a)) * x;
    const Real lower = static_cast<Real>(c) + (static_cast<Real>(d) - static_cast<Real>(c)) * x;
    return static_cast<To>((upper + (lower - upper) * y) * scale);
  }
}

}  // namespace lamina

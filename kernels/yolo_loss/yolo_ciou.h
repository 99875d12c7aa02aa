// SPDX-License-Identifier: Apache-2.0
// Boxes, what two of them share, and the complete IoU with its slopes (Zheng et al. 2020, "Distance-IoU loss"):
//
//   CIoU = IoU - d^2 / c^2 - alpha v     v = 4 / pi^2 (atan(w'/h') - atan(w/h))^2,  alpha = v / (1 - IoU + v)
//
// with d the distance of the centres and c the diagonal of the smallest box around both. Denominators are at least 1e-7.
#pragma once

#include <cmath>

namespace lamina {

// Centre and sides, relative to the picture.
template <class Real>
struct YoloBox {
  Real x, y, w, h;
};

// Along one axis: how much two stretches share, and how long both together are.
template <class Real>
struct Stretches {
  Real shared, around;
};

template <class Real>
constexpr Stretches<Real> stretches(Real centre, Real side, Real other_centre, Real other_side) {
  const Real low = centre - side / 2, high = centre + side / 2;
  const Real other_low = other_centre - other_side / 2, other_high = other_centre + other_side / 2;
  const Real shared = (high < other_high ? high : other_high) - (low > other_low ? low : other_low);
  return {shared > 0 ? shared : Real(0), (high > other_high ? high : other_high) - (low < other_low ? low : other_low)};
}

template <class Real>
constexpr Real intersection(const YoloBox<Real>& a, const YoloBox<Real>& b) {
  return stretches(a.x, a.w, b.x, b.w).shared * stretches(a.y, a.h, b.y, b.h).shared;
}

struct YoloCiou {
  double value;
  YoloBox<double> slopes;  // by x, y, w and h of the box
};

// How `stretches` of a box with an object change along one axis by the box's centre and side.
struct StretchSlopes {
  double shared_centre, shared_side, around_centre, around_side;
};

constexpr StretchSlopes stretch_slopes(double centre, double side, double other_centre, double other_side) {
  const bool inner_high = centre + side / 2 < other_centre + other_side / 2;
  const bool inner_low = centre - side / 2 > other_centre - other_side / 2;
  const bool apart = !(stretches(centre, side, other_centre, other_side).shared > 0);
  const double high = inner_high ? 1 : 0, low = inner_low ? 1 : 0;  // 1 where this end of the box bounds what is shared
  return {apart ? 0 : high - low, apart ? 0 : (high + low) / 2, low - high, (2 - high - low) / 2};
}

constexpr double at_least_epsilon(double x) { return x < 1e-7 ? 1e-7 : x; }  // a NaN stays one

constexpr YoloCiou ciou_with_slopes(const YoloBox<double>& box, const YoloBox<double>& object) {
  const Stretches<double> across = stretches(box.x, box.w, object.x, object.w), down = stretches(box.y, box.h, object.y, object.h);
  const double shared = across.shared * down.shared, both = box.w * box.h + object.w * object.h - shared;
  const double united = at_least_epsilon(both), iou = shared / united;
  const double dx = box.x - object.x, dy = box.y - object.y, distance = dx * dx + dy * dy;
  const double span = across.around * across.around + down.around * down.around, diagonal = at_least_epsilon(span);
  const double height = at_least_epsilon(box.h), scale = 4 / (M_PI * M_PI);
  const double angle = std::atan2(box.w, height) - std::atan2(object.w, at_least_epsilon(object.h));
  const double v = scale * angle * angle, rest = 1 - iou + v, denominator = at_least_epsilon(rest), alpha = v / denominator;

  // Slopes of the value by IoU, by d^2 / c^2 and by v; by the denominators only where they are not held at 1e-7.
  const double of_rest = rest > 1e-7 ? alpha / denominator : 0;  // -d(alpha) / d(rest)
  const double by_iou = 1 - v * of_rest, by_v = -(alpha + v * (1 / denominator - of_rest));
  const double united_slope = both > 1e-7 ? iou / united : 0, span_slope = span > 1e-7 ? distance / diagonal / diagonal : 0;
  const StretchSlopes x = stretch_slopes(box.x, box.w, object.x, object.w), y = stretch_slopes(box.y, box.h, object.y, object.h);
  const auto slope = [&](double of_shared, double of_area, double of_distance, double of_span, double of_angle) {
    return by_iou * (of_shared / united - united_slope * (of_area - of_shared)) - of_distance / diagonal + span_slope * of_span +
           by_v * 2 * scale * angle * of_angle;
  };
  const double round = box.w * box.w + height * height;  // of the slopes of the angle
  return {iou - distance / diagonal - alpha * v,
          {slope(x.shared_centre * down.shared, 0, 2 * dx, 2 * across.around * x.around_centre, 0),
           slope(y.shared_centre * across.shared, 0, 2 * dy, 2 * down.around * y.around_centre, 0),
           slope(x.shared_side * down.shared, box.h, 0, 2 * across.around * x.around_side, height / round),
           slope(y.shared_side * across.shared, box.w, 0, 2 * down.around * y.around_side, box.h > 1e-7 ? -box.w / round : 0)}};
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// One scale with numbers for everything, and the arithmetic of one prediction and of each of its channels, for all devices.
// Real is what is computed in: f32 or, for the reference, f64; Raw and Wide are how raw and y_true are stored. constexpr, so
// that kernels of both compilers take it too.
#pragma once

#include <cmath>

#include "core/op/kernel_impl.h"
#include "kernels/yolo_loss/yolo_ciou.h"
#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina {

struct YoloGrid {
  int64_t batch = 0, rows = 0, columns = 0, anchors = 0, channels = 0;  // channels of a prediction: 5 + classes
  YoloLossAttributes options;

  constexpr int64_t predictions_per_row() const { return columns * anchors; }
  constexpr int64_t predictions_per_picture() const { return rows * columns * anchors; }
  constexpr int64_t predictions() const { return batch * predictions_per_picture(); }
};

inline YoloGrid yolo_grid(const KernelQuery& query) {
  const Extents y = query.in_extents(1);
  return {y[0], y[1], y[2], y[3], y[4], query.attributes.get<YoloLossAttributes>()};
}

// Where a prediction is: its cell, and its anchor relative to the picture.
template <class Real>
struct YoloPlace {
  Real row, column, rows, columns, anchor_w, anchor_h;
};

template <class Real, class Wide>
constexpr YoloPlace<Real> yolo_place(const YoloGrid& grid, const Wide* anchors, int64_t prediction) {
  const int64_t anchor = prediction % grid.anchors, cell = prediction / grid.anchors;
  const auto rows = static_cast<Real>(grid.rows), columns = static_cast<Real>(grid.columns);
  const auto stride = static_cast<Real>(grid.options.stride);
  return {static_cast<Real>(cell / grid.columns % grid.rows),
          static_cast<Real>(cell % grid.columns),
          rows,
          columns,
          convert<Real>(anchors[2 * anchor]) / (columns * stride),
          convert<Real>(anchors[2 * anchor + 1]) / (rows * stride)};
}

// The box of the object at a prediction.
template <class Real, class Wide>
constexpr YoloBox<Real> yolo_object(const Wide* y_true) {
  return {convert<Real>(y_true[0]), convert<Real>(y_true[1]), convert<Real>(y_true[2]), convert<Real>(y_true[3])};
}

template <class Real>
constexpr Real yolo_sigmoid(Real x) {
  return Real(1) / (Real(1) + std::exp(-x));
}

template <class Real, class Raw>
constexpr YoloBox<Real> yolo_decoded(const YoloPlace<Real>& place, const Raw* raw) {
  return {(place.column + yolo_sigmoid(convert<Real>(raw[0]))) / place.columns,
          (place.row + yolo_sigmoid(convert<Real>(raw[1]))) / place.rows, std::exp(convert<Real>(raw[2])) * place.anchor_w,
          std::exp(convert<Real>(raw[3])) * place.anchor_h};
}

// Whether the IoU with each of boxes[first], boxes[first + step], ... is below the threshold; a NaN is not.
template <class Real>
constexpr bool is_far_from_all(const YoloBox<Real>& box, const YoloBox<Real>* boxes, int64_t count, int64_t first, int64_t step,
                               Real threshold) {
  bool far = true;
  for (int64_t i = first; i < count; i += step) {
    const Real shared = intersection(box, boxes[i]);
    far = far && shared / (box.w * box.h + boxes[i].w * boxes[i].h - shared) < threshold;
  }
  return far;
}

// A part of a loss and its slope by the raw number of a channel.
template <class Real>
struct YoloElement {
  Real loss, slope;
};

// The cross-entropy of a logit, in the form that loses no digits for large ones.
template <class Real>
constexpr YoloElement<Real> logit_crossentropy(Real x, Real target) {
  const Real above = x > Real(0) ? x : Real(0);
  return {above - x * target + std::log1p(std::exp(-std::fabs(x))), yolo_sigmoid(x) - target};
}

// Channel 0 to 3 of a prediction that has an object, by squared errors.
template <class Real>
constexpr YoloElement<Real> squared_box_element(const YoloPlace<Real>& place, const YoloBox<Real>& object, int64_t channel,
                                                Real raw) {
  const Real scale = Real(2) - object.w * object.h;
  if (channel < 2) {
    const Real target = channel == 0 ? object.x * place.columns - place.column : object.y * place.rows - place.row;
    const YoloElement<Real> one = logit_crossentropy(raw, target);
    return {scale * one.loss, scale * one.slope};
  }
  const Real off = raw - std::log(channel == 2 ? object.w / place.anchor_w : object.h / place.anchor_h);
  return {scale * Real(0.5) * off * off, scale * off};
}

// By CIoU, whose loss stands at channel 0. In f64: the squares of a box side of exp(80) do not fit f32, and objects are few.
template <class Real, class Raw>
constexpr YoloElement<Real> ciou_box_element(const YoloPlace<Real>& place, const YoloBox<Real>& object, int64_t channel,
                                             const Raw* raw) {
  const YoloPlace<double> exact{place.row, place.column, place.rows, place.columns, place.anchor_w, place.anchor_h};
  const YoloBox<double> box = yolo_decoded(exact, raw);
  const YoloCiou ciou = ciou_with_slopes(box, {object.x, object.y, object.w, object.h});
  const double x = yolo_sigmoid(convert<double>(raw[0])), y = yolo_sigmoid(convert<double>(raw[1]));
  const double slope = channel == 0   ? ciou.slopes.x * x * (1 - x) / exact.columns
                       : channel == 1 ? ciou.slopes.y * y * (1 - y) / exact.rows
                       : channel == 2 ? ciou.slopes.w * box.w
                                      : ciou.slopes.h * box.h;
  return {static_cast<Real>(channel == 0 ? 1 - ciou.value : 0.0), static_cast<Real>(-slope)};
}

// Channel `channel` of a prediction; `raw` and `y_true` are its 5 + classes numbers, `counts` is the weight (1 - o) m.
template <class Real, class Raw, class Wide>
constexpr YoloElement<Real> yolo_element(const YoloGrid& grid, const YoloPlace<Real>& place, const Raw* raw, const Wide* y_true,
                                         int64_t channel, Real counts) {
  const Real x = convert<Real>(raw[channel]), objectness = convert<Real>(y_true[4]);
  if (channel == 4) {
    const YoloElement<Real> object = logit_crossentropy(x, Real(1)), none = logit_crossentropy(x, Real(0));
    return {objectness * object.loss + counts * none.loss, objectness * object.slope + counts * none.slope};
  }
  if (objectness == Real(0)) return {Real(0) * x, Real(0) * x};  // NaN where x is
  YoloElement<Real> one{};
  if (channel > 4) {
    one = logit_crossentropy(x, convert<Real>(y_true[channel]));
  } else {
    const YoloBox<Real> object = yolo_object<Real>(y_true);
    one = grid.options.box == YoloBoxLoss::ciou ? ciou_box_element(place, object, channel, raw)
                                                : squared_box_element(place, object, channel, x);
  }
  return {objectness * one.loss, objectness * one.slope};
}

}  // namespace lamina

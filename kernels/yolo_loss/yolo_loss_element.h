// SPDX-License-Identifier: Apache-2.0
// The loss of one prediction, for all devices.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/op/kernel_impl.h"
#include "kernels/yolo_loss/dual.h"
#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina {

inline constexpr int kYoloTerms = 4;
inline constexpr int kYoloSums = 6;  // the terms, true boxes, counted negatives
inline constexpr int kMaxAnchors = 16;

// One scale with numbers for everything; plain data, which kernels take by value.
struct YoloScale {
  int64_t batch = 0, rows = 0, columns = 0, anchors = 0, classes = 0;
  double width = 0, height = 0;  // of the input, in pixels
  double anchor[2 * kMaxAnchors] = {};
  double ignore_threshold = 0;
  BoxLoss box = BoxLoss::squared;

  constexpr int64_t channels() const { return 5 + classes; }
  constexpr int64_t predictions() const { return rows * columns * anchors; }  // of one picture
};

inline YoloScale yolo_scale(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<YoloLossAttributes>();
  const Extents truth = query.in_extents(1);
  YoloScale scale{truth[0], truth[1], truth[2], truth[3], truth[4] - 5};
  scale.width = static_cast<double>(scale.columns * attributes.stride);
  scale.height = static_cast<double>(scale.rows * attributes.stride);
  for (size_t i = 0; i < attributes.anchors.size(); ++i) scale.anchor[i] = attributes.anchors[i];
  scale.ignore_threshold = attributes.ignore_threshold;
  scale.box = attributes.box;
  return scale;
}

// A box relative to the input: centre and size.
template <class T>
struct RelativeBox {
  T x, y, w, h;
};

template <class T>
constexpr T overlap_of(const RelativeBox<T>& a, const RelativeBox<T>& b) {
  const T width = smaller(a.x + a.w / T(2), b.x + b.w / T(2)) - larger(a.x - a.w / T(2), b.x - b.w / T(2));
  const T height = smaller(a.y + a.h / T(2), b.y + b.h / T(2)) - larger(a.y - a.h / T(2), b.y - b.h / T(2));
  const T shared = larger(width, T(0)) * larger(height, T(0));
  return shared / larger(a.w * a.h + b.w * b.h - shared, T(kYoloTiny));
}

// Overlap less the distance of the centres, relative to the box around both, less a penalty for another aspect ratio.
template <class T>
constexpr T complete_overlap(const RelativeBox<T>& a, const RelativeBox<T>& b) {
  using std::atan2;
  const T around_x = larger(a.x + a.w / T(2), b.x + b.w / T(2)) - smaller(a.x - a.w / T(2), b.x - b.w / T(2));
  const T around_y = larger(a.y + a.h / T(2), b.y + b.h / T(2)) - smaller(a.y - a.h / T(2), b.y - b.h / T(2));
  const T apart = (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
  const T overlap = overlap_of(a, b);
  const T turn = atan2(a.w, larger(a.h, T(kYoloTiny))) - atan2(b.w, larger(b.h, T(kYoloTiny)));
  const T aspect = T(0.4052847345693511) * turn * turn;  // 4 / pi^2
  const T weight = aspect / larger(T(1) - overlap + aspect, T(kYoloTiny));
  return overlap - apart / larger(around_x * around_x + around_y * around_y, T(kYoloTiny)) - weight * aspect;
}

template <class T>
constexpr T sigmoid_of(T p) {
  using std::exp;
  return T(1) / (T(1) + exp(-p));
}

// Cross-entropy of sigmoid(p) and t, in the form that no p makes infinite.
template <class T>
constexpr T cross_entropy(T p, T t) {
  using std::exp, std::log1p;
  return (p > T(0) ? p : T(0)) - p * t + log1p(exp(p > T(0) ? -p : p));
}

// Where a prediction stands.
struct YoloPlace {
  int64_t row, column, anchor;
};

template <class T, class Number>
constexpr RelativeBox<Number> predicted_box(const YoloScale& s, const YoloPlace& at, Number px, Number py, Number pw, Number ph) {
  using std::exp;
  return {(sigmoid_of(px) + Number(static_cast<T>(at.column))) / Number(static_cast<T>(s.columns)),
          (sigmoid_of(py) + Number(static_cast<T>(at.row))) / Number(static_cast<T>(s.rows)),
          exp(pw) * Number(static_cast<T>(s.anchor[2 * at.anchor] / s.width)),
          exp(ph) * Number(static_cast<T>(s.anchor[2 * at.anchor + 1] / s.height))};
}

// What a prediction adds, and the gradient with respect to its box and objectness. Classes come apart, one by one.
template <class T>
struct YoloElement {
  T sums[kYoloSums] = {};
  T gradient[5] = {};
};

// `p` and `t`: the first five numbers of prediction and truth; `seen`: whether it overlaps a true box enough to be ignored.
template <class T>
constexpr YoloElement<T> yolo_element(const YoloScale& s, const YoloPlace& at, const T* p, const T* t, bool seen) {
  using std::log;
  YoloElement<T> e;
  const T object = t[4], absent = seen ? T(0) : T(1) - object;
  e.sums[2] = object * cross_entropy(p[4], T(1)) + (absent != T(0) ? absent * cross_entropy(p[4], T(0)) : T(0) * p[4]);
  e.sums[4] = object;
  e.sums[5] = absent;
  e.gradient[4] = object * (sigmoid_of(p[4]) - T(1)) + absent * sigmoid_of(p[4]);
  if (object == T(0)) {
    // A NaN must not hide behind a zero.
    e.sums[0] = T(0) * (p[0] + p[1] + p[2] + p[3]);
    return e;
  }
  if (s.box == BoxLoss::squared) {
    const T weight = object * (T(2) - t[2] * t[3]);
    const T cell[2] = {static_cast<T>(at.column), static_cast<T>(at.row)}, cells[2] = {static_cast<T>(s.columns), static_cast<T>(s.rows)};
    const T input[2] = {static_cast<T>(s.width), static_cast<T>(s.height)};
    for (int axis = 0; axis < 2; ++axis) {
      const T place = t[axis] * cells[axis] - cell[axis];
      e.sums[0] += weight * cross_entropy(p[axis], place);
      e.gradient[axis] = weight * (sigmoid_of(p[axis]) - place);
      const T size = log(t[2 + axis] * input[axis] / static_cast<T>(s.anchor[2 * at.anchor + axis])), away = p[2 + axis] - size;
      e.sums[1] += weight * away * away / T(2);
      e.gradient[2 + axis] = weight * away;
    }
    return e;
  }
  using Number = Dual<T>;
  const RelativeBox<Number> predicted = predicted_box<T>(s, at, Number::variable(p[0], 0), Number::variable(p[1], 1), Number::variable(p[2], 2), Number::variable(p[3], 3));
  const Number loss = Number(T(1)) - complete_overlap(predicted, RelativeBox<Number>{Number(t[0]), Number(t[1]), Number(t[2]), Number(t[3])});
  e.sums[0] = object * loss.value;
  for (int i = 0; i < 4; ++i) e.gradient[i] = object * loss.slope[i];
  return e;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// The YOLO loss of keras-yolo3 as a user would write it by hand, from pointwise ops and reductions: the oracle of the fused
// op. Every prediction is held against every other prediction's object, so it is for small grids.
#pragma once

#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/slice/slice.h"
#include "losses/yolo.h"

namespace lamina::testing {

inline Value crossentropy(const Value& logits, const Value& target) { return softplus(logits) - logits * target; }

// Low and high end, area: of boxes (..., 4) = x, y, w, h.
struct Corners {
  Value low, high, area;
  explicit Corners(const Value& boxes)
      : low(slice(boxes, -1, 0, 2) - 0.5 * slice(boxes, -1, 2, 4)),
        high(slice(boxes, -1, 0, 2) + 0.5 * slice(boxes, -1, 2, 4)),
        area(sum(slice(boxes, -1, 2, 3) * slice(boxes, -1, 3, 4), {-1})) {}
};

// (N, P, 1): 1 where no object of the picture has an IoU of `threshold` or more with the prediction; boxes (N, P, 4), o (N, P, 1).
inline Value far_from_all(const Value& predicted, const Value& objects, const Value& objectness, double threshold) {
  const Shape& s = predicted.shape();
  const Corners a(reshape(predicted, Shape{s[0], s[1], 1, 4})), b(reshape(objects, Shape{s[0], 1, s[1], 4}));
  const Value sides = maximum(minimum(a.high, b.high) - maximum(a.low, b.low), 0.0);
  const Value shared = sum(slice(sides, -1, 0, 1) * slice(sides, -1, 1, 2), {-1});
  const Value iou = shared / (a.area + b.area - shared);
  const Value best = max(where(reshape(objectness, Shape{s[0], 1, s[1]}) > 0.5, iou, 0.0), {-1});
  return cast(reshape(best, Shape{s[0], s[1], 1}) < threshold, predicted.dtype());
}

// Rows, columns and anchors as one axis of P predictions: what goes with each, (P, 2).
struct Predictions {
  Value cells, sides, grid;  // column and row; the anchor relative to the picture; columns and rows, (2)
  Predictions(int64_t rows, int64_t columns, const std::vector<std::pair<double, double>>& anchors, int64_t stride) {
    std::vector<float> cell, side;
    for (int64_t i = 0; i < rows * columns; ++i) {
      for (const auto& [width, height] : anchors) {
        cell.insert(cell.end(), {static_cast<float>(i % columns), static_cast<float>(i / columns)});
        side.insert(side.end(), {static_cast<float>(width / static_cast<double>(columns * stride)),
                                 static_cast<float>(height / static_cast<double>(rows * stride))});
      }
    }
    const Extents extents{static_cast<int64_t>(cell.size() / 2), 2};
    cells = constant(HostTensor::of<float>(extents, cell));
    sides = constant(HostTensor::of<float>(extents, side));
    grid = constant(HostTensor::of<float>({2}, {static_cast<float>(columns), static_cast<float>(rows)}));
  }
};

// Of squared boxes; rows and columns must be numbers.
inline Value yolo_loss_in_primitive_ops(std::span<const Value> outputs, std::span<const Value> y_true,
                                        const losses::YoloLossOptions& options) {
  Value loss;
  for (size_t scale = 0; scale < outputs.size(); ++scale) {
    const Shape& s = y_true[scale].shape();
    const Predictions p(s[1].number(), s[2].number(), options.anchors[scale], options.strides[scale]);
    const Shape flat{s[0], p.cells.shape()[0], s[4]};
    const Value raw = reshape(outputs[scale], flat), truth = reshape(y_true[scale], flat);
    const Value xy = slice(raw, -1, 0, 2), wh = slice(raw, -1, 2, 4);
    const Value logit = slice(raw, -1, 4, 5), classes = slice(raw, -1, 5, s[4]);
    const Value true_wh = slice(truth, -1, 2, 4), objectness = slice(truth, -1, 4, 5);

    const Value predicted_xy = (p.cells + sigmoid(xy)) / p.grid, predicted_wh = exp(wh) * p.sides;
    const Value object = slice(truth, -1, 0, 4);
    // x, y, w, h beside each other again: a matrix of zeros and ones would do, adding padded halves is shorter.
    const Value predicted = unslice(predicted_xy, Shape{flat[0], flat[1], 4}, Shape{0, 0, 0}, {1, 1, 1}) +
                            unslice(predicted_wh, Shape{flat[0], flat[1], 4}, Shape{0, 0, 2}, {1, 1, 1});
    const Value counts = (1.0 - objectness) * far_from_all(predicted, object, objectness, options.ignore_threshold);

    const Value scale_of_box = objectness * (2.0 - slice(true_wh, -1, 0, 1) * slice(true_wh, -1, 1, 2));
    const Value raw_true_wh = log(where(objectness > 0.5, true_wh / p.sides, 1.0));
    const Value terms = sum(scale_of_box * crossentropy(xy, slice(truth, -1, 0, 2) * p.grid - p.cells)) +
                        sum(scale_of_box * 0.5 * square(raw_true_wh - wh)) +
                        sum(objectness * crossentropy(logit, ones_like(logit)) + counts * crossentropy(logit, zeros_like(logit))) +
                        sum(objectness * crossentropy(classes, slice(truth, -1, 5, s[4])));
    const Value of_scale = terms / size_value(s[0]);
    loss = scale == 0 ? of_scale : loss + of_scale;
  }
  return loss;
}

}  // namespace lamina::testing

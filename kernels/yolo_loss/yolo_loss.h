// SPDX-License-Identifier: Apache-2.0
// The loss of YOLOv3 (Redmon and Farhadi 2018, as keras-yolo3 writes it) at one scale, with its gradient, in one pass. For
// prediction p, with o = 1 where an object belongs to it, else 0, and m = 1 where its decoded box has an IoU below the
// threshold with every object of the same picture and scale:
//
//   box    squared: xy  o (2 - w h) BCE(raw_xy, xy grid - cell)        w, h, x, y: of the object, relative to the picture
//                   wh  o (2 - w h) 0.5 (log(wh input / anchor) - raw_wh)^2
//          ciou:    xy  o (1 - CIoU(decoded box, object))   wh 0       (Zheng et al. 2020, differentiated through alpha too)
//   confidence      o BCE(raw, 1) + (1 - o) m BCE(raw, 0)              BCE: of a logit
//   classes         o sum_c BCE(raw_c, class_c)
//
// A box is decoded as ((cell + sigmoid(raw_xy)) / grid, exp(raw_wh) anchor / input). A NaN in raw makes its term NaN,
// whether an object is there or not.
#pragma once

#include "core/graph/value.h"

namespace lamina {

enum class YoloBoxLoss { squared, ciou };

struct YoloLossAttributes {
  int64_t stride = 32;  // input pixels per cell
  double ignore_threshold = 0.5;
  YoloBoxLoss box = YoloBoxLoss::squared;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("stride", stride), field("ignore_threshold", ignore_threshold), field("box", box);
  }
  friend bool operator==(const YoloLossAttributes&, const YoloLossAttributes&) = default;
};

// (raw, y_true, anchors) -> terms (4): sums of xy, wh, confidence, classes over the batch; counts (2): the sum of o and that
// of (1 - o) m; and draw, the gradient of the sum of the terms by raw, in raw's shape. All f32, f64 where raw is.
const OpDef& yolo_loss_op();

// Which of the four terms channel 0 .. 4 + classes of a prediction takes part in.
constexpr int yolo_term_of_channel(int64_t channel, YoloBoxLoss box) {
  if (channel < 4) return channel < 2 || box == YoloBoxLoss::ciou ? 0 : 1;
  return channel == 4 ? 2 : 3;
}

struct YoloScaleLoss {
  Value terms, counts;
};

// raw     (N, rows, columns, A (5 + C)) of any floating type: logits of x, y, log of w, h, confidence and C classes.
// y_true  (N, rows, columns, A, 5 + C) f32 (f64 where raw is): x, y, w, h relative to the picture, objectness 0 or 1, classes.
// anchors (A, 2) of the same type: width and height in input pixels, above 0.
// The gradient flows to raw alone, once: it has no gradient of its own. Throws where shapes or types do not fit; N, rows and
// columns may be other symbols in raw than in y_true, and are then compared once they are numbers.
YoloScaleLoss yolo_scale_loss(const Value& raw, const Value& y_true, const Value& anchors, const YoloLossAttributes& attributes);

}  // namespace lamina

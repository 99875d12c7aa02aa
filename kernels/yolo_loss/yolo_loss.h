// SPDX-License-Identifier: Apache-2.0
// The loss of one scale of YOLOv3 in one pass: its four terms and their gradient. For the prediction of anchor (aw, ah) in cell
// (row, column) of a grid GH x GW, with raw numbers p and the truth t = (x, y, w, h relative to the input, objectness o, classes):
//
//   xy     o (2 - tw th) (bce(px, tx GW - column) + bce(py, ty GH - row))
//   wh     o (2 - tw th) ((log(tw W / aw) - pw)^2 + (log(th H / ah) - ph)^2) / 2
//   conf   o bce(p4, 1) + (1 - o) ignore bce(p4, 0)
//   class  o sum over c of bce(p5+c, t5+c)
//
// where bce(p, t) is the cross-entropy of sigmoid(p) and t, and ignore is 0 where the predicted box overlaps a true box of this
// scale and picture by ignore_threshold or more. (Redmon and Farhadi 2018, in keras-yolo3's form.) With BoxLoss::ciou the first
// term is o (1 - CIoU) of the two boxes (Zheng et al. 2020) and the second is 0.
#pragma once

#include <vector>

#include "core/graph/value.h"

namespace lamina {

enum class BoxLoss : uint8_t { squared, ciou };

struct YoloLossAttributes {
  std::vector<double> anchors;  // width and height of each, in pixels of the input
  int64_t stride = 32;          // pixels of the input per cell: the input has GH * stride x GW * stride
  double ignore_threshold = 0.5;
  BoxLoss box = BoxLoss::squared;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("anchors", anchors), field("stride", stride), field("ignore_threshold", ignore_threshold), field("box", box);
  }
  friend bool operator==(const YoloLossAttributes&, const YoloLossAttributes&) = default;
};

const OpDef& yolo_loss_op();

struct YoloLossTerms {
  Value terms;   // (4) f32 (f64 for f64): xy, wh, conf, class, summed over the batch
  Value counts;  // (2), the same type: true boxes, and predictions that count as wrong where they see one (1 - o) ignore
};

// raw (N, GH, GW, A (5 + C)) of any floating type, computed in f32; y_true (N, GH, GW, A, 5 + C) f32, whose objectness is 0 or 1.
// Terms have a gradient with respect to raw, which the op computes along with them; counts and y_true have none.
YoloLossTerms yolo_loss_terms(const Value& raw, const Value& y_true, const YoloLossAttributes& attributes);

}  // namespace lamina

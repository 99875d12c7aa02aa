// SPDX-License-Identifier: Apache-2.0
// Greedy suppression of boxes that overlap a better one, in each picture and class on its own. No gradient: what comes out
// are indices.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct NonMaxSuppressionAttributes {
  double score_threshold = 0.3;  // lower scores are no candidates
  double iou_threshold = 0.45;   // 0 to 1: a larger intersection over union with a kept box suppresses
  int64_t max_per_class = 20;    // K
  template <class Visitor>
  void visit(Visitor&& field) {
    field("score_threshold", score_threshold), field("iou_threshold", iou_threshold), field("max_per_class", max_per_class);
  }
  friend bool operator==(const NonMaxSuppressionAttributes&, const NonMaxSuppressionAttributes&) = default;
};

// Outputs: indices, counts.
const OpDef& non_max_suppression_op();

struct KeptBoxes {
  Value indices;  // (N, C, K) i32: boxes in the order of falling score, -1 behind the last
  Value counts;   // (N, C) i32: how many were kept
};

// boxes (N, B, 4) f32: top, left, bottom, right in any unit; scores (N, B, C) f32. As TensorFlow's non_max_suppression per
// class: the candidate with the highest score, of equal ones the first, is kept and suppresses those that overlap it, until
// none is left or K are kept. Here a score equal to the threshold is a candidate. A NaN score never is, and a box without
// area (bottom <= top, right <= left, or a NaN) overlaps none. The same on every device: overlaps are compared in f64.
KeptBoxes non_max_suppression(const Value& boxes, const Value& scores, const NonMaxSuppressionAttributes& attributes = {});

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// What all implementations agree on: which of two candidates comes first, and whether two boxes overlap too much.
#pragma once

#include <bit>
#include <cstdint>

#include "core/op/kernel_impl.h"
#include "kernels/non_max_suppression/non_max_suppression.h"

namespace lamina {

struct SuppressionGeometry {
  int64_t boxes = 0, classes = 0, most = 0;  // B, C, K
  int64_t tasks = 0;                         // N * C: pictures and classes are independent
  double score_threshold = 0, iou_threshold = 0;
};

inline SuppressionGeometry suppression_geometry(const Extents& scores, const NonMaxSuppressionAttributes& attributes) {
  return {.boxes = scores[1],
          .classes = scores[2],
          .most = attributes.max_per_class,
          .tasks = scores[0] * scores[2],
          .score_threshold = attributes.score_threshold,
          .iou_threshold = attributes.iou_threshold};
}

// The box `box` with its score as one number: larger for a higher score and, of equal scores, for the lower index. Never 0.
constexpr uint64_t candidate_key(float score, int64_t box) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0f);  // -0 becomes 0, its equal
  const uint32_t rising = bits >> 31 ? ~bits : bits | 0x80000000u;
  return uint64_t{rising} << 32 | (0xffffffffu - static_cast<uint32_t>(box));
}
constexpr int32_t box_of_key(uint64_t key) { return static_cast<int32_t>(0xffffffffu - static_cast<uint32_t>(key)); }

template <class T>
struct BoxEdges {
  T top, left, bottom, right;
};

template <class T>
constexpr BoxEdges<T> edges_of(const T* boxes, int64_t box) {
  return {boxes[4 * box], boxes[4 * box + 1], boxes[4 * box + 2], boxes[4 * box + 3]};
}

// Of f32 sides it is exact in f64, so that a compiler may contract it with a sum and change nothing.
template <class T>
constexpr double area(const BoxEdges<T>& box) {
  const T height = box.bottom - box.top, width = box.right - box.left;
  return height > 0 && width > 0 ? static_cast<double>(height) * static_cast<double>(width) : 0;
}

// Whether the intersection over union of the two is above the threshold, without its division.
template <class T>
constexpr bool overlap_exceeds(const BoxEdges<T>& a, const BoxEdges<T>& b, double threshold) {
  const BoxEdges<T> both = {a.top > b.top ? a.top : b.top, a.left > b.left ? a.left : b.left,
                            a.bottom < b.bottom ? a.bottom : b.bottom, a.right < b.right ? a.right : b.right};
  const double first = area(a), second = area(b), shared = area(both);
  return first > 0 && second > 0 && shared > threshold * (first + second - shared);
}

}  // namespace lamina

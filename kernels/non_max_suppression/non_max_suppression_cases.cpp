// SPDX-License-Identifier: Apache-2.0
// Boxes that lie apart, on one another and in between, with ties and without, few and more than the kernels have threads and
// blocks. Boxes are made of centres and sizes, so that each has an area. Where scores tie, all numbers are halves, which
// every type holds.
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"
#include "kernels/concat/concat.h"
#include "kernels/non_max_suppression/non_max_suppression.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct Range {
  Fill fill = Fill::uniform;
  double low = 0, high = 1;
};

struct SuppressionShape {
  const char* name;
  CaseTag tag;
  int64_t batch, boxes, classes;
  NonMaxSuppressionAttributes attributes;
  Range centres, sizes = {.low = 0.1, .high = 0.5}, scores;
};

std::vector<SuppressionShape> shapes() {
  const Range halves = {Fill::integers, 0, 4}, few_scores = {Fill::integers, 0, 3}, together = {.low = 0.49, .high = 0.51};
  const Range apart = {Fill::distinct, 0, 1000};
  return {
      {"some_overlap", CaseTag::small, 2, 12, 3, {.max_per_class = 5}},
      {"ties", CaseTag::small, 2, 15, 3, {0.5, 0.5, 4}, halves, {Fill::integers, 1, 3}, few_scores},
      {"none_is_candidate", CaseTag::small, 1, 9, 2, {.score_threshold = 2, .max_per_class = 4}},
      {"all_overlap", CaseTag::small, 2, 9, 2, {.score_threshold = 0, .max_per_class = 2}, together, {.low = 0.5, .high = 0.52}},
      {"none_overlap", CaseTag::small, 2, 7, 2, {.score_threshold = 0.25, .max_per_class = 7}, apart},
      {"most_reached", CaseTag::small, 1, 20, 2, {.score_threshold = 0, .max_per_class = 3}, apart},
      {"negative_scores", CaseTag::small, 1, 10, 3, {-0.5, 0.2, 4}, {}, {.low = 0.2, .high = 0.6}, {.low = -1, .high = 1}},
      {"one_box", CaseTag::odd, 3, 1, 2, {.score_threshold = 0.25, .max_per_class = 1}},
      {"one_class", CaseTag::odd, 2, 40, 1, {.score_threshold = 0.125, .max_per_class = 20}},
      {"any_overlap", CaseTag::odd, 1, 60, 3, {0.0, 0.0, 10}},
      {"more_boxes_than_threads", CaseTag::odd, 2, 1031, 3, {.score_threshold = 0.0625, .max_per_class = 30}},
      {"many_ties", CaseTag::odd, 1, 700, 2, {1, 0.5, 17}, {Fill::integers, 0, 9}, {Fill::integers, 1, 3}, few_scores},
      {"more_tasks_than_blocks", CaseTag::odd, 29, 9, 11, {.score_threshold = 0.75, .max_per_class = 2}},
      {"no_batch", CaseTag::odd, 0, 5, 2, {}},
      {"no_boxes", CaseTag::odd, 2, 0, 3, {}},
      {"no_classes", CaseTag::odd, 2, 5, 0, {}},
      {"bench_416", CaseTag::bench, 1, 10647, 80, {.score_threshold = 0.9}},
      {"bench_608", CaseTag::bench, 4, 22743, 20, {.score_threshold = 0.5, .max_per_class = 100}},
  };
}

CaseInput input_of(const Extents& extents, const Range& range) {
  return {.extents = extents, .fill = range.fill, .low = range.low, .high = range.high, .differentiable = false};
}

}  // namespace

std::vector<OpCase> non_max_suppression_cases() {
  std::vector<OpCase> cases;
  for (const SuppressionShape& shape : shapes()) {
    const Extents pairs{shape.batch, shape.boxes, 2};
    OpCase one;
    one.name = shape.name;
    one.tag = shape.tag;
    one.inputs = {input_of(pairs, shape.centres), input_of(pairs, shape.sizes),
                  input_of({shape.batch, shape.boxes, shape.classes}, shape.scores)};
    one.build = [attributes = shape.attributes](std::span<const Value> inputs) {
      const Value half = inputs[1] * 0.5;
      const KeptBoxes kept = non_max_suppression(concat({inputs[0] - half, inputs[0] + half}, 2), inputs[2], attributes);
      return std::vector<Value>{kept.indices, kept.counts};
    };
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace lamina

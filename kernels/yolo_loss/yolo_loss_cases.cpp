// SPDX-License-Identifier: Apache-2.0
// Truths of every density over small grids, both forms of the box term. Cases with "_terms" give the terms alone and are
// differentiated: with a threshold that no overlap reaches, since the loss jumps where a prediction begins to be ignored.
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"
#include "kernels/concat/concat.h"
#include "kernels/slice/slice.h"
#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina {
namespace {

struct Grid {
  const char* name;
  CaseTag tag;
  int64_t batch, rows, columns, anchors, classes;
  double objects;  // share of predictions with a true box
  double ignore_threshold = 0.3;
};

const std::vector<Grid>& grids() {
  static const std::vector<Grid> kGrids = {
      {"sparse", CaseTag::small, 2, 3, 4, 2, 3, 0.2},      {"full", CaseTag::small, 1, 2, 2, 3, 2, 1.0},
      {"one_class", CaseTag::small, 3, 3, 3, 1, 1, 0.4},   {"half_ignored", CaseTag::small, 2, 4, 4, 3, 2, 0.5, 0.05},
      {"no_object", CaseTag::odd, 2, 3, 3, 3, 4, 0.0},     {"one_cell", CaseTag::odd, 1, 1, 1, 1, 2, 1.0},
      {"40_classes", CaseTag::odd, 2, 5, 3, 2, 40, 0.3},   {"two_blocks_of_boxes", CaseTag::odd, 1, 11, 13, 3, 2, 0.7},
      {"no_batch", CaseTag::odd, 0, 3, 3, 2, 2, 0.5},      {"bench_52", CaseTag::bench, 8, 52, 52, 3, 80, 0.01},
  };
  return kGrids;
}

// Numbers from 0 to 1 to a truth: objectness where the fourth is below the share, sizes of a tenth to a half.
Value truth_of(const Value& uniform, double objects) {
  const Value place = slice(uniform, 4, 0, 2), size = 0.1 + 0.4 * slice(uniform, 4, 2, 4);
  const Value object = cast(slice(uniform, 4, 4, 5) < objects, DType::f32);
  const Value classes = cast(slice(uniform, 4, 5, uniform.shape()[4]) < 0.5, DType::f32);
  return concat({cast(place, DType::f32), cast(size, DType::f32), object, classes * object}, 4);
}

OpCase make_case(const Grid& grid, BoxLoss box, bool terms_alone) {
  OpCase one;
  one.name = std::string(grid.name) + (box == BoxLoss::ciou ? "_ciou" : "") + (terms_alone ? "_terms" : "");
  one.tag = grid.tag;
  const int64_t channels = 5 + grid.classes;
  one.inputs = {{.extents = {grid.batch, grid.rows, grid.columns, grid.anchors * channels}, .low = -1.5, .high = 1.5, .differentiable = terms_alone},
                {.extents = {grid.batch, grid.rows, grid.columns, grid.anchors, channels}, .low = 0, .high = 1, .differentiable = false}};
  YoloLossAttributes attributes{.stride = 32, .ignore_threshold = terms_alone ? 2.0 : grid.ignore_threshold, .box = box};
  for (int64_t a = 0; a < grid.anchors; ++a) {
    attributes.anchors.push_back(20.0 + 25.0 * static_cast<double>(a));
    attributes.anchors.push_back(35.0 + 15.0 * static_cast<double>(a));
  }
  one.build = [attributes, terms_alone, objects = grid.objects](std::span<const Value> inputs) {
    const YoloLossTerms loss = yolo_loss_terms(inputs[0], truth_of(inputs[1], objects), attributes);
    if (terms_alone) return std::vector<Value>{loss.terms};
    return std::vector<Value>{loss.terms, loss.counts, Value(loss.terms.node(), 2)};
  };
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

}  // namespace

std::vector<OpCase> yolo_loss_cases() {
  std::vector<OpCase> cases;
  for (const Grid& grid : grids()) {
    for (const BoxLoss box : {BoxLoss::squared, BoxLoss::ciou}) {
      cases.push_back(make_case(grid, box, false));
      if (grid.tag != CaseTag::bench) cases.push_back(make_case(grid, box, true));
    }
  }
  return cases;
}

}  // namespace lamina

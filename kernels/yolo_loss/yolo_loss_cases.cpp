// SPDX-License-Identifier: Apache-2.0
// Pictures without an object, with some, and with one at every prediction. Objects are made inside the case from uniform
// numbers: a centre within its cell, sides near the anchor's, so that some predictions come close enough to be ignored.
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"
#include "kernels/concat/concat.h"
#include "kernels/gather/gather.h"
#include "kernels/slice/slice.h"
#include "kernels/yolo_loss/yolo_loss.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct YoloShape {
  const char* name;
  CaseTag tag;
  int64_t batch, rows, columns, anchors, classes;
  double share;  // of predictions that have an object
  YoloLossAttributes attributes = {};
  bool one_is_empty = false;  // one picture has no object
};

// Grids that fill a warp, a block of predictions, and neither; one lane per channel, fewer and more.
std::vector<YoloShape> shapes() {
  const YoloLossAttributes squared{.stride = 32}, ciou{.stride = 16, .box = YoloBoxLoss::ciou};
  const YoloLossAttributes tiny{.stride = 16, .ignore_threshold = 0.7};
  return {
      {"2x3_one_class", CaseTag::small, 1, 2, 3, 2, 1, 0.4, squared},
      {"3x2_three_classes", CaseTag::small, 3, 3, 2, 3, 3, 0.3, tiny, true},
      {"ciou", CaseTag::small, 2, 3, 3, 2, 3, 0.4, ciou, true},
      {"ciou_every_prediction", CaseTag::small, 1, 2, 2, 3, 2, 1.0, ciou},
      {"every_prediction", CaseTag::small, 1, 3, 3, 1, 2, 1.0, squared},
      {"no_object", CaseTag::small, 2, 2, 3, 2, 1, 0.0, squared},
      {"one_cell", CaseTag::odd, 1, 1, 1, 1, 3, 1.0, squared},
      {"20_classes", CaseTag::odd, 3, 5, 4, 3, 20, 0.3, squared, true},
      {"27_classes_fill_a_warp", CaseTag::odd, 1, 3, 5, 3, 27, 0.5, ciou},
      {"80_classes", CaseTag::odd, 1, 4, 4, 3, 80, 0.4, squared},
      {"several_chunks_of_objects", CaseTag::odd, 2, 13, 13, 3, 1, 0.3, squared, true},
      {"full_and_ragged", CaseTag::odd, 1, 11, 9, 5, 2, 1.0, squared},
      {"no_pictures", CaseTag::odd, 0, 3, 3, 2, 2, 0.5, squared},
      {"bench_13", CaseTag::bench, 8, 13, 13, 3, 80, 0.004, squared},
      {"bench_52", CaseTag::bench, 8, 52, 52, 3, 80, 0.0004, {.stride = 8}},
      {"bench_52_ciou", CaseTag::bench, 8, 52, 52, 3, 80, 0.0004, {.stride = 8, .box = YoloBoxLoss::ciou}},
  };
}

// Column and row of each cell, (rows, columns, 1, 2), over the grid's width and height.
struct Cells {
  Value place, grid;
};

Cells cells(const YoloShape& shape, DType type) {
  HostTensor place(DType::f32, {shape.rows, shape.columns, 1, 2});
  for (int64_t i = 0; i < shape.rows * shape.columns; ++i) {
    place.as<float>()[static_cast<size_t>(2 * i)] = static_cast<float>(i % shape.columns);
    place.as<float>()[static_cast<size_t>(2 * i + 1)] = static_cast<float>(i / shape.columns);
  }
  const auto grid = HostTensor::of<float>({2}, {static_cast<float>(shape.columns), static_cast<float>(shape.rows)});
  return {cast(constant(place), type), cast(constant(grid), type)};
}

// 1, 1.5, 2, ... strides wide and a little less high.
HostTensor anchors(const YoloShape& shape) {
  HostTensor sides(DType::f32, {shape.anchors, 2});
  for (int64_t a = 0; a < shape.anchors; ++a) {
    const double strides = 1 + 0.5 * static_cast<double>(a), stride = static_cast<double>(shape.attributes.stride);
    sides.as<float>()[static_cast<size_t>(2 * a)] = static_cast<float>(strides * stride);
    sides.as<float>()[static_cast<size_t>(2 * a + 1)] = static_cast<float>(0.8 * strides * stride);
  }
  return sides;
}

// y_true from numbers: boxes (..., 4) and chance (..., 1) in [0, 1), labels (...), and 0, 1, ... for the pictures, shuffled.
Value objects(const YoloShape& shape, const Value& anchors, std::span<const Value> numbers) {
  const Value &boxes = numbers[0], &chance = numbers[1], &labels = numbers[2], &pictures = numbers[3];
  const DType type = anchors.dtype();
  const Cells where = cells(shape, type);
  const Value u = cast(boxes, type), any = cast(cast(chance, type) < shape.share, type);
  const Value centre = (where.place + (0.1 + 0.8 * slice(u, -1, 0, 2))) / where.grid;
  const Value sides = exp(slice(u, -1, 2, 4) - 0.5) * anchors / (where.grid * static_cast<double>(shape.attributes.stride));
  const Value objectness = any * cast(pictures >= (shape.one_is_empty ? 0.5 : 0.0), type);
  return concat({centre, sides, objectness, one_hot(labels, shape.classes, type)}, -1) * objectness;
}

OpCase case_of(const YoloShape& shape, bool with_gradient) {
  const Extents predictions{shape.batch, shape.rows, shape.columns, shape.anchors};
  const Extents per_box{shape.batch, shape.rows, shape.columns, shape.anchors, 4};
  const Extents per_prediction{shape.batch, shape.rows, shape.columns, shape.anchors, 1};
  const Extents raw{shape.batch, shape.rows, shape.columns, shape.anchors * (5 + shape.classes)};
  OpCase one;
  one.name = shape.name + std::string(with_gradient ? "" : "_with_draw");
  one.tag = shape.tag;
  one.inputs = {{.extents = raw, .low = -2, .high = 2, .differentiable = with_gradient},
                {.extents = per_box, .low = 0, .high = 1, .differentiable = false},
                {.extents = per_prediction, .low = 0, .high = 1, .differentiable = false},
                {.extents = predictions,
                 .dtype = DType::i32,
                 .fill = Fill::integers,
                 .low = 0,
                 .high = static_cast<double>(shape.classes - 1),
                 .differentiable = false},
                {.extents = {shape.batch, 1, 1, 1, 1},
                 .fill = Fill::distinct,
                 .high = static_cast<double>(shape.batch),
                 .differentiable = false}};
  one.build = [shape, with_gradient](std::span<const Value> inputs) {
    const Value sides = cast(constant(anchors(shape)), inputs[0].dtype() == DType::f64 ? DType::f64 : DType::f32);
    const Value y_true = objects(shape, sides, inputs.subspan(1));
    const YoloScaleLoss loss = yolo_scale_loss(inputs[0], y_true, sides, shape.attributes);
    std::vector<Value> outputs{loss.terms, loss.counts};
    if (!with_gradient) outputs.push_back(Value(loss.terms.node(), 2));
    return outputs;
  };
  one.dtypes = {DType::f32, DType::bf16, DType::f16};
  return one;
}

}  // namespace

// Each shape twice: draw has no gradient of its own, so that it is seen where no gradient is asked for.
std::vector<OpCase> yolo_loss_cases() {
  std::vector<OpCase> cases;
  for (const YoloShape& shape : shapes()) {
    if (shape.tag != CaseTag::bench) cases.push_back(case_of(shape, false));
    cases.push_back(case_of(shape, true));
  }
  return cases;
}

}  // namespace lamina

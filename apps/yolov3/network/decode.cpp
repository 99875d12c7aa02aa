// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/decode.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"
#include "kernels/concat/concat.h"
#include "kernels/gather/gather.h"
#include "kernels/slice/slice.h"

namespace lamina::yolov3 {
namespace {

constexpr int kCell = 4;  // the axis of x, y, w, h, objectness and classes in (N, GH, GW, A, 5 + C)

Value channel(const Value& cells, int64_t index) { return slice(cells, kCell, index, index + 1); }

// One number per anchor, as (A, 1).
Value per_anchor(const ScaleAnchors& anchors, double std::pair<double, double>::*side, int64_t input) {
  std::vector<float> sizes;
  for (const auto& anchor : anchors) sizes.push_back(static_cast<float>(anchor.*side / static_cast<double>(input)));
  return constant(HostTensor::of<float>({static_cast<int64_t>(sizes.size()), 1}, sizes));
}

// Centres along an axis of `grid` cells, relative to the input; `cells` broadcasts 0, 1, ... along the axis.
Value centres(const Value& offset, const Shape& cells, int64_t grid) {
  return (sigmoid(offset) + reshape(range(grid, DType::f32), cells)) * (1.0 / static_cast<double>(grid));
}

}  // namespace

DecodedBoxes decode_scale(const Value& raw, const ScaleAnchors& anchors, int64_t input_height, int64_t input_width) {
  const Shape& shape = raw.shape();
  const bool is_grid = shape.rank() == 4 && shape[1].is_number() && shape[2].is_number() && shape[3].is_number();
  LAMINA_CHECK(is_grid, "[decode] takes outputs of shape (batch, rows, columns, channels) with a grid of known size, got ", shape);
  LAMINA_CHECK(is_floating(raw.dtype()), "[decode] takes floating point, got ", raw.dtype());
  LAMINA_CHECK(input_height >= 1 && input_width >= 1, "[decode] the network's input must have pixels, got ", input_height, " x ",
               input_width);
  const auto count = static_cast<int64_t>(anchors.size());
  const int64_t rows = shape[1].number(), columns = shape[2].number(), channels = shape[3].number();
  LAMINA_CHECK(count > 0 && channels % count == 0 && channels / count > 5, "[decode] ", channels, " channels are not ", count,
               " anchors times 5 numbers and the classes");
  const int64_t classes = channels / count - 5, boxes = rows * columns * count;

  const Value cells = reshape(cast(raw, DType::f32), {shape[0], rows, columns, count, 5 + classes});
  const Value x = centres(channel(cells, 0), {columns, 1, 1}, columns), y = centres(channel(cells, 1), {rows, 1, 1, 1}, rows);
  const Value half_width = exp(channel(cells, 2)) * per_anchor(anchors, &std::pair<double, double>::first, 2 * input_width);
  const Value half_height = exp(channel(cells, 3)) * per_anchor(anchors, &std::pair<double, double>::second, 2 * input_height);
  const Value edges = concat({y - half_height, x - half_width, y + half_height, x + half_width}, kCell);
  const Value scores = sigmoid(channel(cells, 4)) * sigmoid(slice(cells, kCell, 5, 5 + classes));
  return {reshape(edges, {shape[0], boxes, 4}), reshape(scores, {shape[0], boxes, classes})};
}

DecodedBoxes decode(std::span<const Value> outputs, std::span<const ScaleAnchors> anchors, int64_t input_height,
                    int64_t input_width) {
  LAMINA_CHECK(!outputs.empty() && outputs.size() == anchors.size(), "[decode] takes the anchors of each of ", outputs.size(),
               " outputs, got ", anchors.size());
  std::vector<Value> boxes, scores;
  for (size_t scale = 0; scale < outputs.size(); ++scale) {
    const DecodedBoxes decoded = decode_scale(outputs[scale], anchors[scale], input_height, input_width);
    boxes.push_back(decoded.boxes), scores.push_back(decoded.scores);
  }
  return {concat(boxes, 1), concat(scores, 1)};
}

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
#include "kernels/tile/tile.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/op_folder.h"

namespace lamina {

std::vector<OpCase> tile_cases();

namespace {

std::vector<TensorType> infer_tile(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& repeats = attributes.get<TileAttributes>().repeats;
  const Shape& x = inputs[0].shape;
  LAMINA_CHECK(static_cast<int>(repeats.size()) == x.rank(), "takes one number of repeats for each of the ", x.rank(),
               " axes of ", x, ", got ", repeats.size());
  Shape y = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t times = repeats[static_cast<size_t>(axis)];
    LAMINA_CHECK(times >= 0, "axis ", axis, " cannot be repeated ", times, " times");
    y[axis] = x[axis] * Dim(times);
  }
  return {{inputs[0].dtype, y}};
}

// The sum over the repeats. Each repeated axis becomes two of the sum's domain and what lies between becomes one, so
// that three of them fit the largest rank at once.
Value sum_repeats(Value dy, const Shape& x, std::vector<int64_t> repeats) {
  constexpr size_t kAxesAtOnce = (kMaxRank - 1) / 2;
  while (std::any_of(repeats.begin(), repeats.end(), [](int64_t times) { return times != 1; })) {
    Shape split, rest = x;
    std::vector<int> summed;
    Dim between = 1;
    for (int axis = 0; axis < x.rank(); ++axis) {
      int64_t& times = repeats[static_cast<size_t>(axis)];
      if (times != 1 && summed.size() < kAxesAtOnce) {
        split.push_back(between);
        summed.push_back(split.rank());
        split.push_back(times);
        between = 1;
        times = 1;
      }
      rest[axis] = x[axis] * Dim(times);
      between = between * rest[axis];
    }
    split.push_back(between);
    dy = reshape(sum(reshape(dy, split), summed), rest);
  }
  return dy;
}

std::vector<Value> tile_gradient(const GradientContext& context) {
  const Shape& x = context.inputs[0].shape();
  return {sum_repeats(context.output_gradients[0], x, context.attributes<TileAttributes>().repeats)};
}

}  // namespace

const OpDef& tile_op() {
  static const OpDef op{
      .name = "tile", .infer = infer_tile, .gradient = tile_gradient, .flops = {}, .exact_on_integers = true};
  return op;
}

Value tile(const Value& x, std::vector<int64_t> repeats) {
  const Value y = make_value(tile_op(), TileAttributes{std::move(repeats)}, {x});
  return y.shape() == x.shape() ? x : y;
}

Value repeat_axis(const Value& x, int axis, const Dim& count) {
  axis = normalized_axis(axis, x.shape().rank() + 1, "[repeat_axis]");
  return broadcast_to(reshape(x, x.shape().with_axis(axis, 1)), x.shape().with_axis(axis, count));
}

std::vector<OpEntry> tile_ops() { return {{tile_op(), tile_cases}}; }

}  // namespace lamina

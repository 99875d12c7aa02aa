// SPDX-License-Identifier: Apache-2.0
#include "layers/shaping.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/tile/tile.h"
#include "kernels/transpose/transpose.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

std::shared_ptr<Layer> moving(const LayerOptions& options, const char* type, std::function<Value(const Value&)> move) {
  return make_layer<FunctionLayer>(options, type, [type, move](CallContext&, std::span<const Value> inputs) {
    LAMINA_CHECK(inputs.size() == 1, "[", type, "] takes one input, got ", inputs.size());
    return std::vector<Value>{move(inputs[0])};
  });
}

Value flattened(const Value& x) {
  Dim features = 1;
  for (int axis = 1; axis < x.shape().rank(); ++axis) features = features * x.shape()[axis];
  return reshape(x, Shape{x.shape()[0], features});
}

// The batch stays in front; what -1 stands for follows from the other axes of one sample.
Value reshaped(const Value& x, const Shape& target) {
  Dim features = 1, known = 1;
  for (int axis = 1; axis < x.shape().rank(); ++axis) features = features * x.shape()[axis];
  Shape shape = target;
  int open = -1;
  for (int axis = 0; axis < target.rank(); ++axis) {
    if (target[axis] == Dim(-1)) {
      LAMINA_CHECK(open < 0, "[Reshape] only one dimension of ", target, " may be -1");
      open = axis;
    } else {
      known = known * target[axis];
    }
  }
  if (open >= 0) shape[open] = features / known;
  LAMINA_CHECK(shape.count() == features, "The total size of the tensor must be unchanged. Received: input_shape=", x.shape(),
               ", target_shape=", target);
  return reshape(x, shape.with_axis(0, x.shape()[0]));
}

}  // namespace

Flatten::Flatten(LayerOptions options) : LayerHandle(moving(options, "Flatten", flattened)) {}

Reshape::Reshape(Shape target, LayerOptions options)
    : LayerHandle(moving(options, "Reshape", [target](const Value& x) { return reshaped(x, target); })) {}

Permute::Permute(std::vector<int> order, LayerOptions options)
    : LayerHandle(moving(options, "Permute", [order](const Value& x) {
        std::vector<int> sorted = order;
        std::sort(sorted.begin(), sorted.end());
        bool complete = static_cast<int>(order.size()) == x.shape().rank() - 1;
        for (size_t i = 0; i < sorted.size(); ++i) complete = complete && sorted[i] == static_cast<int>(i) + 1;
        LAMINA_CHECK(complete, "[Permute] the order must name the axes 1 to ", x.shape().rank() - 1, " once each, got (", join(order), ")");
        std::vector<int> permutation = {0};
        permutation.insert(permutation.end(), order.begin(), order.end());
        return transpose(x, permutation);
      })) {}

RepeatVector::RepeatVector(int64_t times, LayerOptions options)
    : LayerHandle(moving(options, "RepeatVector", [times](const Value& x) {
        LAMINA_CHECK(times > 0, "[RepeatVector] the number of repeats must be positive, got ", times);
        LAMINA_CHECK(x.shape().rank() == 2, "[RepeatVector] takes (batch, features), got ", x.shape());
        return repeat_axis(x, 1, times);
      })) {}

}  // namespace lamina

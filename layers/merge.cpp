// SPDX-License-Identifier: Apache-2.0
#include "layers/merge.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "kernels/concat/concat.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

// The mask of a merge holds where all masks hold; an input without one does not restrict it.
Value all_masks(CallContext& context, std::span<const Value> inputs) {
  Value mask;
  for (const Value& input : inputs) {
    const Value own = context.mask_of(input);
    if (own.exists()) mask = mask.exists() ? logical_and(mask, own) : own;
  }
  return mask;
}

std::shared_ptr<Layer> merging(const LayerOptions& options, const char* type, size_t least, size_t most,
                               std::function<Value(std::span<const Value>)> merge) {
  return make_layer<FunctionLayer>(
      options, type,
      [=](CallContext&, std::span<const Value> inputs) {
        LAMINA_CHECK(inputs.size() >= least, "A merge layer should be called on a list of at least ", least, " inputs. Received ",
                     inputs.size());
        LAMINA_CHECK(inputs.size() <= most, "[", type, "] takes ", most, " inputs, got ", inputs.size());
        return std::vector<Value>{merge(inputs)};
      },
      false, all_masks);
}

constexpr size_t kAny = 1u << 20;

Value added(std::span<const Value> inputs) {
  Value total = inputs[0];
  for (const Value& input : inputs.subspan(1)) total = total + input;
  return total;
}

}  // namespace

Add::Add(LayerOptions options) : LayerHandle(merging(options, "Add", 2, kAny, added)) {}

Subtract::Subtract(LayerOptions options)
    : LayerHandle(merging(options, "Subtract", 2, 2, [](std::span<const Value> inputs) { return inputs[0] - inputs[1]; })) {}

Multiply::Multiply(LayerOptions options) : LayerHandle(merging(options, "Multiply", 2, kAny, [](std::span<const Value> inputs) {
  Value product = inputs[0];
  for (const Value& input : inputs.subspan(1)) product = product * input;
  return product;
})) {}

Average::Average(LayerOptions options)
    : LayerHandle(merging(options, "Average", 2, kAny, [](std::span<const Value> inputs) {
        return added(inputs) * (1.0 / static_cast<double>(inputs.size()));
      })) {}

Concatenate::Concatenate(int axis, LayerOptions options)
    : LayerHandle(merging(options, "Concatenate", 1, kAny, [axis](std::span<const Value> inputs) {
        return concat({inputs.begin(), inputs.end()}, axis);
      })) {}

}  // namespace lamina

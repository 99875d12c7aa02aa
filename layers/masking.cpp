// SPDX-License-Identifier: Apache-2.0
#include "layers/masking.h"

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "layers/function_layer.h"

namespace lamina {
namespace {

// Boolean over the steps: whether any feature differs from the value.
Value counts(const Value& x, double mask_value, bool keep_axis) {
  return cast(max(cast(not_equal(x, mask_value), DType::i32), {-1}, keep_axis), DType::boolean);
}

}  // namespace

Masking::Masking(double mask_value, LayerOptions options)
    : LayerHandle(make_layer<FunctionLayer>(
          options, "Masking",
          [mask_value](CallContext&, std::span<const Value> inputs) {
            LAMINA_CHECK(inputs.size() == 1, "[Masking] takes one input, got ", inputs.size());
            return std::vector<Value>{where(counts(inputs[0], mask_value, true), inputs[0], 0.0)};
          },
          false, [mask_value](CallContext&, std::span<const Value> inputs) { return counts(inputs[0], mask_value, false); })) {}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "layers/dropout.h"

#include "core/base/check.h"
#include "kernels/dropout/dropout.h"
#include "layers/function_layer.h"

namespace lamina {

Dropout::Dropout(double rate, DropoutOptions options)
    : LayerHandle(make_layer<FunctionLayer>(
          {.name = options.name}, "Dropout",
          [rate, shared = options.shared_axes](CallContext& context, std::span<const Value> inputs) {
            LAMINA_CHECK(inputs.size() == 1, "[Dropout] takes one input, got ", inputs.size());
            const uint32_t stream = context.next_random_stream();
            if (!context.training || rate == 0) return std::vector<Value>{inputs[0]};
            return std::vector<Value>{dropout(inputs[0], rate, context.seed, stream, context.step(), shared)};
          },
          true)) {
  LAMINA_CHECK(rate >= 0 && rate < 1, "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: rate=", rate);
}

}  // namespace lamina

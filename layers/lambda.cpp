// SPDX-License-Identifier: Apache-2.0
#include "layers/lambda.h"

#include "core/base/check.h"
#include "layers/function_layer.h"

namespace lamina {

Lambda::Lambda(OfOne of_one, OfList of_list, LambdaOptions options)
    : LayerHandle(make_layer<FunctionLayer>(
          {.name = options.name, .compute_type = options.compute_type}, "Lambda",
          [of_one, of_list](CallContext&, std::span<const Value> inputs) {
            LAMINA_CHECK(of_list || inputs.size() == 1, "[Lambda] the function takes one Value, but the layer was called with ",
                         inputs.size(), "; let it take a const std::vector<Value>&");
            const Value y = of_list ? of_list({inputs.begin(), inputs.end()}) : of_one(inputs[0]);
            LAMINA_CHECK(y.exists(), "[Lambda] the function returned no Value");
            return std::vector<Value>{y};
          },
          false,
          [mask = options.mask](CallContext& context, std::span<const Value> inputs) {
            return mask ? mask(context.mask_of(inputs[0])) : Value();
          })) {}

}  // namespace lamina

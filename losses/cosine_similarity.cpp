// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

namespace {

// x / max(|x|, e). The bound stands under the root, so that the gradient at x = 0 is finite.
Value normalized(const Value& x, int axis) {
  return x * rsqrt(maximum(sum(square(x), {axis}, true), kEpsilon * kEpsilon));
}

}  // namespace

Loss cosine_similarity(int axis) {
  return {"cosine_similarity", [axis](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned("cosine_similarity", y_true, y_pred);
            return -sum(normalized(y, axis) * normalized(p, axis), {axis});
          }};
}

}  // namespace lamina::losses

// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss msle() {
  return {"msle", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("msle", y_true, y_pred);
            return mean(square(log1p(maximum(p, kEpsilon)) - log1p(maximum(y, kEpsilon))), {-1});
          }};
}

}  // namespace lamina::losses

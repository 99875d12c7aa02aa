// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss mse() {
  return {"mse", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("mse", y_true, y_pred);
            return mean(square(y - p), {-1});
          }};
}

}  // namespace lamina::losses

// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss mape() {
  return {"mape", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("mape", y_true, y_pred);
            return 100.0 * mean(abs((y - p) / maximum(abs(y), kEpsilon)), {-1});
          }};
}

}  // namespace lamina::losses

// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss mae() {
  return {"mae", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("mae", y_true, y_pred);
            return mean(abs(y - p), {-1});
          }};
}

}  // namespace lamina::losses

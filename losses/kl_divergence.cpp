// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss kl_divergence() {
  return {"kl_divergence", [](const Value& y_true, const Value& y_pred) {
            auto [y, p] = aligned("kl_divergence", y_true, y_pred);
            y = clip(y, kEpsilon, 1.0);
            p = clip(p, kEpsilon, 1.0);
            return sum(y * log(y / p), {-1});
          }};
}

}  // namespace lamina::losses

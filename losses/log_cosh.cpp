// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include <numbers>

#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss log_cosh() {
  return {"log_cosh", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("log_cosh", y_true, y_pred);
            // log((e^d + e^-d) / 2) = d + log(1 + e^-2d) - log 2, where softplus keeps the exponential from overflowing.
            const Value d = p - y;
            return mean(d + softplus(-2.0 * d) - std::numbers::ln2, {-1});
          }};
}

}  // namespace lamina::losses

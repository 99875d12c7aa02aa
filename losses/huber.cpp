// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss huber(double delta) {
  LAMINA_CHECK(delta > 0, "[huber] delta must be positive, got ", delta);
  return {"huber", [delta](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned_columns("huber", y_true, y_pred);
            const Value d = abs(p - y);
            return mean(where(d <= delta, 0.5 * square(d), delta * d - 0.5 * delta * delta), {-1});
          }};
}

}  // namespace lamina::losses

// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss binary_crossentropy(CrossentropyOptions options) {
  const double smoothing = options.label_smoothing;
  LAMINA_CHECK(smoothing >= 0 && smoothing <= 1, "[binary_crossentropy] label_smoothing must be within [0, 1], got ",
               smoothing);
  return {"binary_crossentropy", [=](const Value& y_true, const Value& y_pred) {
            auto logits = logits_behind_sigmoid(y_pred);
            if (!logits && options.from_logits) logits = y_pred;
            auto [y, p] = aligned_columns("binary_crossentropy", y_true, logits.value_or(y_pred));
            if (smoothing != 0) y = y * (1.0 - smoothing) + 0.5 * smoothing;
            // -(y log s(x) + (1 - y) log(1 - s(x))) = log(1 + e^x) - y x for the sigmoid s.
            if (logits) return mean(softplus(p) - y * p, {-1});
            p = clipped_probabilities(p);
            return -mean(y * log(p) + (1.0 - y) * log(1.0 - p), {-1});
          }};
}

}  // namespace lamina::losses

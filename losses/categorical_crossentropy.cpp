// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "kernels/softmax/softmax.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss categorical_crossentropy(CrossentropyOptions options) {
  const double smoothing = options.label_smoothing;
  LAMINA_CHECK(smoothing >= 0 && smoothing <= 1,
               "[categorical_crossentropy] label_smoothing must be within [0, 1], got ", smoothing);
  return {"categorical_crossentropy", [=](const Value& y_true, const Value& y_pred) {
            auto logits = logits_behind_softmax(y_pred);
            if (!logits && options.from_logits) logits = y_pred;
            auto [y, p] = aligned("categorical_crossentropy", y_true, logits.value_or(y_pred));
            if (smoothing != 0) {
              const Dim& classes = y.shape()[y.shape().rank() - 1];
              y = y * (1.0 - smoothing) + smoothing / size_value(classes, y.dtype());
            }
            const Value log_p = logits ? log_softmax(p, -1) : log(clipped_probabilities(p / sum(p, {-1}, true)));
            return -sum(y * log_p, {-1});
          }};
}

}  // namespace lamina::losses

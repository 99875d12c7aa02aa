// SPDX-License-Identifier: Apache-2.0
#include "losses/losses.h"

#include <limits>

#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "kernels/softmax/softmax.h"
#include "losses/labels.h"
#include "losses/pair.h"

namespace lamina::losses {

Loss sparse_categorical_crossentropy(SparseCrossentropyOptions options) {
  const auto function = [=](const Value& y_true, const Value& y_pred) {
    auto logits = logits_behind_softmax(y_pred);
    if (!logits && options.from_logits) logits = y_pred;
    const Value scores = logits ? *logits : log(clipped_probabilities(widened(y_pred)));
    const Labels labels = labels_of("sparse_categorical_crossentropy", y_true, y_pred);
    const Value loss = -sum(where(labels.hits, log_softmax(scores, -1), 0.0), {-1});
    return where(labels.valid, loss, std::numeric_limits<double>::quiet_NaN());
  };
  return {"sparse_categorical_crossentropy", function, label_type};
}

}  // namespace lamina::losses

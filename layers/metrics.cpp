// SPDX-License-Identifier: Apache-2.0
#include "layers/metrics.h"

#include <cmath>

#include "core/base/check.h"
#include "core/graph/reduce.h"
#include "losses/labels.h"
#include "losses/losses.h"
#include "losses/pair.h"

namespace lamina::metrics {
namespace {

using losses::aligned;
using losses::Labels;
using losses::labels_of;
using losses::widened;

Value as_number(const Value& flags) { return cast(flags, DType::f32); }

// 1 where fewer than k scores are above that of the label. A score that is not finite is in no top.
Value in_top(const Labels& labels, const Value& scores, int k) {
  const Value own = sum(where(labels.hits, scores, 0.0), {-1}, true);
  const Value above = sum(cast(scores > own, DType::i32), {-1});
  const Value own_is_finite = max(cast(logical_and(labels.hits, is_finite(scores)), DType::i32), {-1}) > 0.0;
  return as_number(logical_and(above < static_cast<double>(k), own_is_finite));
}

void check_k(const char* metric, int k) { LAMINA_CHECK(k > 0, "[", metric, "] k must be positive, got ", k); }

}  // namespace

Metric binary_accuracy(double threshold) {
  return {"binary_accuracy", [threshold](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned("binary_accuracy", y_true, y_pred);
            return as_number(equal(y, cast(p > threshold, y.dtype())));
          }};
}

Metric categorical_accuracy() {
  return {"categorical_accuracy", [](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned("categorical_accuracy", y_true, y_pred);
            return as_number(equal(argmax(y, -1), argmax(p, -1)));
          }};
}

Metric sparse_categorical_accuracy() {
  const auto function = [](const Value& y_true, const Value& y_pred) {
    const Labels labels = labels_of("sparse_categorical_accuracy", y_true, y_pred);
    return as_number(equal(labels.labels, argmax(widened(y_pred), -1)));
  };
  return {"sparse_categorical_accuracy", function, losses::label_type};
}

Metric top_k_categorical_accuracy(int k) {
  check_k("top_k_categorical_accuracy", k);
  return {"top_k_categorical_accuracy", [k](const Value& y_true, const Value& y_pred) {
            const auto [y, p] = aligned("top_k_categorical_accuracy", y_true, y_pred);
            return in_top(labels_of("top_k_categorical_accuracy", argmax(y, -1), p), p, k);
          }};
}

Metric sparse_top_k_categorical_accuracy(int k) {
  check_k("sparse_top_k_categorical_accuracy", k);
  const auto function = [k](const Value& y_true, const Value& y_pred) {
    return in_top(labels_of("sparse_top_k_categorical_accuracy", y_true, y_pred), widened(y_pred), k);
  };
  return {"sparse_top_k_categorical_accuracy", function, losses::label_type};
}

Metric cosine_similarity(int axis) {
  return {"cosine_similarity", [loss = losses::cosine_similarity(axis)](const Value& y_true, const Value& y_pred) {
            return -loss.function(y_true, y_pred);
          }};
}

Metric root_mean_squared_error() {
  return {"root_mean_squared_error", losses::mse().function, {}, [](double mean) { return std::sqrt(mean); }};
}

Metric of_loss(const Loss& loss) { return {loss.name, loss.function, loss.target}; }

}  // namespace lamina::metrics

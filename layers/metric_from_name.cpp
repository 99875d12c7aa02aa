// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "core/base/check.h"
#include "layers/metrics.h"
#include "losses/losses.h"

namespace lamina {
namespace {

struct NamedFactory {
  Metric (*make)();
  std::vector<std::string> names;
};

// The metrics that are not losses, or differ from the loss of their name. The names are Keras' functions and classes.
const std::vector<NamedFactory>& factories() {
  static const std::vector<NamedFactory> table = {
      {[] { return metrics::binary_accuracy(); }, {"binary_accuracy", "BinaryAccuracy"}},
      {metrics::categorical_accuracy, {"categorical_accuracy", "CategoricalAccuracy"}},
      {metrics::sparse_categorical_accuracy, {"sparse_categorical_accuracy", "SparseCategoricalAccuracy"}},
      {[] { return metrics::top_k_categorical_accuracy(); }, {"top_k_categorical_accuracy", "TopKCategoricalAccuracy"}},
      {[] { return metrics::sparse_top_k_categorical_accuracy(); },
       {"sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"}},
      {[] { return metrics::cosine_similarity(); }, {"cosine_similarity", "CosineSimilarity"}},
      {metrics::root_mean_squared_error, {"root_mean_squared_error", "RootMeanSquaredError", "rmse", "RMSE"}},
      {[] { return metrics::of_loss(losses::log_cosh()); }, {"log_cosh_error", "LogCoshError"}},
  };
  return table;
}

bool is_accuracy(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "accuracy" || lower == "acc";
}

Metric accuracy(const TensorType& y_pred, const TensorType* y_true) {
  const int rank = y_pred.shape.rank();
  if (rank <= 1 || y_pred.shape[rank - 1] == Dim(1)) return metrics::binary_accuracy();
  const bool labels = !y_true || y_true->shape.rank() < rank || y_true->shape[rank - 1] == Dim(1);
  return labels ? metrics::sparse_categorical_accuracy() : metrics::categorical_accuracy();
}

Metric named(Metric metric, const std::string& name) {
  metric.name = name;
  return metric;
}

}  // namespace

Metric metric_from_name(const std::string& name, const TensorType& y_pred, const TensorType* y_true) {
  if (is_accuracy(name)) return named(accuracy(y_pred, y_true), name);
  std::vector<std::string> known = {"accuracy", "acc"};
  for (const NamedFactory& factory : factories()) {
    for (const std::string& candidate : factory.names) {
      if (candidate == name) return named(factory.make(), name);
      known.push_back(candidate);
    }
  }
  for (const std::string& candidate : losses::names()) {
    if (candidate == name) return metrics::of_loss(losses::from_name(name, y_pred));
    known.push_back(candidate);
  }
  throw Error(ErrorKind::model, text("Could not interpret metric identifier: ", name, did_you_mean(name, known)));
}

}  // namespace lamina

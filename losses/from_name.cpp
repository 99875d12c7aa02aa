// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "core/base/check.h"
#include "losses/losses.h"

namespace lamina::losses {
namespace {

struct NamedFactory {
  Loss (*make)();
  std::vector<std::string> names;
};

// Functions, classes and aliases of Keras 3; the last of a row may be Keras 2's.
const std::vector<NamedFactory>& factories() {
  static const std::vector<NamedFactory> table = {
      {identity, {"identity"}},
      {mse, {"mse", "MSE", "mean_squared_error", "MeanSquaredError"}},
      {mae, {"mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"}},
      {mape, {"mape", "MAPE", "mean_absolute_percentage_error", "MeanAbsolutePercentageError"}},
      {msle, {"msle", "MSLE", "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"}},
      {[] { return huber(); }, {"huber", "Huber", "huber_loss"}},
      {log_cosh, {"log_cosh", "LogCosh", "logcosh"}},
      {[] { return binary_crossentropy(); }, {"binary_crossentropy", "BinaryCrossentropy", "bce", "BCE"}},
      {[] { return categorical_crossentropy(); }, {"categorical_crossentropy", "CategoricalCrossentropy"}},
      {[] { return sparse_categorical_crossentropy(); },
       {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"}},
      {kl_divergence, {"kl_divergence", "KLDivergence", "kld", "KLD", "kullback_leibler_divergence"}},
      {[] { return cosine_similarity(); }, {"cosine_similarity", "CosineSimilarity"}},
  };
  return table;
}

std::string lowered(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

std::vector<std::string> names() {
  std::vector<std::string> all = {"crossentropy", "ce"};
  for (const NamedFactory& factory : factories()) all.insert(all.end(), factory.names.begin(), factory.names.end());
  return all;
}

Loss from_name(const std::string& name, const TensorType& y_pred) {
  const auto named = [&](Loss loss) {
    loss.name = name;
    return loss;
  };
  if (lowered(name) == "crossentropy" || lowered(name) == "ce") {
    const int rank = y_pred.shape.rank();
    const bool binary = rank <= 1 || y_pred.shape[rank - 1] == Dim(1);
    return named(binary ? binary_crossentropy() : sparse_categorical_crossentropy());
  }
  for (const NamedFactory& factory : factories()) {
    if (std::find(factory.names.begin(), factory.names.end(), name) != factory.names.end())
      return named(factory.make());
  }
  throw Error(ErrorKind::model, text("Could not interpret loss identifier: ", name, did_you_mean(name, names())));
}

}  // namespace lamina::losses

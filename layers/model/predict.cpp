// SPDX-License-Identifier: Apache-2.0
// predict: the outputs for all samples, in order; needs no compile.
#include <limits>

#include "core/base/check.h"
#include "core/data/memory_dataset.h"
#include "layers/model/feeding.h"
#include "layers/model/hooks.h"
#include "layers/model/model_state.h"

namespace lamina {
namespace {

// By output name. A scalar output becomes one row per batch.
TensorMap predictions_of(const Network& network, Feed results) {
  TensorMap predictions;
  for (const NetworkOutput& output : network.outputs()) {
    HostTensor& tensor = results.at(prediction_output(output.name));
    predictions.emplace(output.name, tensor.extents().rank() == 0 ? tensor.reshaped({1}) : std::move(tensor));
  }
  return predictions;
}

HostTensor joined(const std::vector<HostTensor>& parts) {
  Extents extents = parts.front().extents();
  extents[0] = 0;
  for (const HostTensor& part : parts) extents[0] += part.extents()[0];
  HostTensor all(parts.front().dtype(), extents);
  size_t at = 0;
  for (const HostTensor& part : parts) {
    if (part.bytes()) std::memcpy(static_cast<std::byte*>(all.data()) + at, part.data(), part.bytes());
    at += part.bytes();
  }
  return all;
}

}  // namespace

TensorMap Model::predict_all(const Tensors& x, PredictOptions options) {
  State& state = *state_;
  const Hooks hooks(options.callbacks, this);
  Batch all;
  all.inputs = inputs_by_name(state.network, x);
  MemoryDataset data(std::move(all), {.batch_size = options.batch_size});
  hooks.each([](Callback& callback) { callback.on_predict_begin(); });
  StepRunner& step = state.prediction_step();
  std::map<std::string, std::vector<HostTensor>> parts;
  int64_t index = 0;
  while (const std::optional<Batch> batch = data.next()) {
    hooks.each([&](Callback& callback) { callback.on_predict_batch_begin(index); });
    TensorMap rows = predictions_of(state.network, state.run(step, feed_of(*batch)));
    hooks.each([&](Callback& callback) { callback.on_predict_batch_end(index, rows); });
    for (auto& [name, tensor] : rows) parts[name].push_back(std::move(tensor));
    ++index;
  }
  hooks.each([](Callback& callback) { callback.on_predict_end(); });
  LAMINA_CHECK(index > 0, "predict got no data");
  TensorMap predictions;
  for (const auto& [name, rows] : parts) predictions.emplace(name, joined(rows));
  return predictions;
}

HostTensor Model::predict(const Tensors& x, PredictOptions options) {
  LAMINA_CHECK(state_->network.outputs().size() == 1, "the model has ", state_->network.outputs().size(),
               " outputs; predict_all returns them by name");
  return std::move(predict_all(x, std::move(options)).begin()->second);
}

HostTensor Model::predict_on_batch(const Tensors& x) { return predict(x, {.batch_size = std::numeric_limits<int64_t>::max()}); }

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "layers/model/feeding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/check.h"
#include "core/data/memory_dataset.h"

namespace lamina {
namespace {

std::string quoted(const std::vector<std::string>& names) { return "[" + join(names, ", ", "'") + "]"; }

std::vector<std::string> names_of(const std::vector<LossBinding>& bindings) {
  std::vector<std::string> names;
  for (const LossBinding& binding : bindings) names.push_back(binding.output);
  return names;
}

bool all_whole(const HostTensor& tensor) {
  for (int64_t i = 0; i < tensor.count(); ++i) {
    if (tensor.at(i) != std::floor(tensor.at(i))) return false;
  }
  return true;
}

// The tensor as `type` wants it: element type, and a last axis of one added or dropped.
HostTensor fitted(const std::string& what, HostTensor tensor, const TensorType& type) {
  const Extents& have = tensor.extents();
  const int wanted = type.shape.rank();
  if (have.rank() + 1 == wanted && type.shape[wanted - 1] == Dim(1)) {
    Extents extents = have;
    extents.push_back(1);
    tensor = tensor.reshaped(extents);
  } else if (have.rank() == wanted + 1 && have[have.rank() - 1] == 1) {
    Extents extents;
    for (int axis = 0; axis < wanted; ++axis) extents.push_back(have[axis]);
    tensor = tensor.reshaped(extents);
  }
  if (tensor.dtype() == type.dtype) return tensor;
  const bool loses = is_floating(tensor.dtype()) && !is_floating(type.dtype);
  LAMINA_CHECK(!loses || all_whole(tensor), what, " takes ", type.dtype, ", given were ", tensor.dtype(),
               " values that are not whole numbers");
  return tensor.cast(type.dtype);
}

}  // namespace

TensorMap inputs_by_name(const Network& network, const Tensors& x) {
  const std::vector<std::string>& names = network.input_names();
  LAMINA_CHECK(!x.empty(), "No data provided for \"", names.front(), "\". Need data for each key in: ", quoted(names));
  const auto& entries = x.entries();
  TensorMap result;
  for (size_t i = 0; i < names.size(); ++i) {
    const HostTensor* given = nullptr;
    if (x.form() == Tensors::Form::dict) {
      const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == names[i]; });
      if (at == entries.end()) {
        std::vector<std::string> keys;
        for (const auto& [key, tensor] : entries) keys.push_back(key);
        throw Error(ErrorKind::model, text("No data provided for \"", names[i], "\". Need data for each key in: ", quoted(names),
                                           "; given were ", quoted(keys), did_you_mean(names[i], keys)));
      }
      given = &at->second;
    } else {
      LAMINA_CHECK(entries.size() == names.size(), "The model has ", names.size(), " inputs ", quoted(names), ", but x has ",
                   entries.size(), " tensors");
      given = &entries[i].second;
    }
    result.emplace(names[i], fitted(text("input '", names[i], "'"), *given, network.inputs()[i].type()));
  }
  return result;
}

TensorMap targets_by_name(const std::vector<LossBinding>& bindings, const Tensors& y) {
  const std::vector<std::string> names = names_of(bindings);
  const auto& entries = y.entries();
  std::vector<const LossBinding*> reading, trained;
  for (const LossBinding& binding : bindings) {
    if (binding.needs_target) reading.push_back(&binding);
    if (binding.trained) trained.push_back(&binding);
  }
  TensorMap result;
  const auto put = [&](const LossBinding& binding, const HostTensor& tensor) {
    result.emplace(binding.output, fitted(text("y of output '", binding.output, "'"), tensor, binding.target));
  };
  switch (y.form()) {
    case Tensors::Form::none: break;
    case Tensors::Form::one:
      LAMINA_CHECK(reading.size() <= 1, "The losses of ", reading.size(), " outputs read y_true, but y is one tensor. Give a list in the order ",
                   quoted(names), " or tensors by name.");
      if (!reading.empty()) put(*reading.front(), entries.front().second);
      break;
    case Tensors::Form::list: {
      // One per output, or one for each output that has a loss.
      const bool for_all = entries.size() == bindings.size();
      LAMINA_CHECK(for_all || entries.size() == trained.size(), "The model has ", bindings.size(), " outputs ", quoted(names),
                   ", but y has ", entries.size(), " tensors");
      for (size_t i = 0; i < entries.size(); ++i) {
        const LossBinding& binding = for_all ? bindings[i] : *trained[i];
        if (binding.needs_target) put(binding, entries[i].second);
      }
      break;
    }
    case Tensors::Form::dict:
      for (const auto& [key, tensor] : entries) {
        const auto at = std::find_if(bindings.begin(), bindings.end(), [&, name = &key](const auto& b) { return b.output == *name; });
        LAMINA_CHECK(at != bindings.end(), "y names \"", key, "\", which is no output of the model. The outputs are ", quoted(names),
                     did_you_mean(key, names));
        if (at->needs_target) put(*at, tensor);
      }
      break;
  }
  for (const LossBinding* binding : reading) {
    LAMINA_CHECK(result.contains(binding->output), "No data provided for \"", binding->output, "\". Need data for each key in: ",
                 quoted(names), ": the loss ", binding->loss, " of this output reads y_true");
  }
  return result;
}

TensorMap sample_weights_by_name(const std::vector<LossBinding>& bindings, const Tensors& weights) {
  TensorMap result;
  const auto put = [&](const std::string& output, const HostTensor& tensor) {
    HostTensor fitting = tensor.cast(DType::f32);
    if (fitting.extents().rank() == 2 && fitting.extents()[1] == 1) fitting = fitting.reshaped({fitting.extents()[0]});
    result.emplace(output, std::move(fitting));
  };
  const auto& entries = weights.entries();
  const std::vector<std::string> names = names_of(bindings);
  switch (weights.form()) {
    case Tensors::Form::none: break;
    case Tensors::Form::one:
      for (const LossBinding& binding : bindings) {
        if (binding.trained) put(binding.output, entries.front().second);
      }
      break;
    case Tensors::Form::list:
      LAMINA_CHECK(entries.size() == bindings.size(), "sample_weight is a list of ", entries.size(), " tensors; the model has the outputs ",
                   quoted(names));
      for (size_t i = 0; i < entries.size(); ++i) put(bindings[i].output, entries[i].second);
      break;
    case Tensors::Form::dict:
      for (const auto& [key, tensor] : entries) {
        LAMINA_CHECK(std::find(names.begin(), names.end(), key) != names.end(), "sample_weight names \"", key,
                     "\", which is no output of the model. The outputs are ", quoted(names), did_you_mean(key, names));
        put(key, tensor);
      }
      break;
  }
  return result;
}

Batch batch_of(const Network& network, const std::vector<LossBinding>& bindings, const Tensors& x, const Tensors& y,
               const Tensors& sample_weight) {
  Batch batch;
  batch.inputs = inputs_by_name(network, x);
  batch.targets = targets_by_name(bindings, y);
  batch.sample_weights = sample_weights_by_name(bindings, sample_weight);
  count_samples(batch);
  return batch;
}

void apply_class_weight(Batch& batch, const std::vector<LossBinding>& bindings, const std::map<int, double>& class_weight) {
  if (class_weight.empty()) return;
  LAMINA_CHECK(bindings.size() == 1, "`class_weight` is only supported for models with a single output");
  const std::string& output = bindings.front().output;
  const auto labels = batch.targets.find(output);
  LAMINA_CHECK(labels != batch.targets.end(), "`class_weight` needs the labels of output '", output, "' as y");
  const HostTensor& y = labels->second;
  const int64_t classes = y.extents().rank() == 2 ? y.extents()[1] : 1;
  LAMINA_CHECK(y.count() == batch.samples * classes, "`class_weight` takes labels of shape (samples), (samples, 1) or (samples, classes)");
  std::vector<float> weights;
  for (int64_t row = 0; row < batch.samples; ++row) {
    int64_t label = 0;
    if (classes == 1) {
      label = static_cast<int64_t>(y.at(row));
    } else {
      for (int64_t c = 1; c < classes; ++c) {
        if (y.at(row * classes + c) > y.at(row * classes + label)) label = c;
      }
    }
    const auto found = class_weight.find(static_cast<int>(label));
    weights.push_back(found == class_weight.end() ? 1.0f : static_cast<float>(found->second));
  }
  const auto known = batch.sample_weights.find(output);
  if (known != batch.sample_weights.end()) {
    LAMINA_CHECK(known->second.count() == batch.samples, "`class_weight` goes with one sample_weight per sample");
    for (size_t i = 0; i < weights.size(); ++i) weights[i] *= known->second.as<float>()[i];
  }
  batch.sample_weights.insert_or_assign(output, HostTensor::of<float>({batch.samples}, weights));
}

TensorMap feed_of(const Batch& batch) {
  TensorMap feed = batch.inputs;
  for (const auto& [output, tensor] : batch.targets) feed.emplace(target_input(output), tensor);
  for (const auto& [output, tensor] : batch.sample_weights) feed.emplace(sample_weight_input(output), tensor);
  return feed;
}

Batch conformed(const Network& network, const std::vector<LossBinding>& bindings, Batch batch) {
  Batch result;
  result.inputs = inputs_by_name(network, Tensors(std::move(batch.inputs)));
  result.targets = targets_by_name(bindings, batch.targets.empty() ? Tensors() : Tensors(std::move(batch.targets)));
  result.sample_weights = sample_weights_by_name(
      bindings, batch.sample_weights.empty() ? Tensors() : Tensors(std::move(batch.sample_weights)));
  count_samples(result);
  return result;
}

}  // namespace lamina

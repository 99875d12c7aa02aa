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

namespace {

// What stands for class numbers has the rows of a one-hot y: the sparse form was asked for, or chosen for "crossentropy"
// and "accuracy", which cannot know y when they are bound.
void check_not_one_hot(const LossBinding& binding, const HostTensor& y) {
  const int rank = binding.shape.rank();
  const bool takes_classes = !is_floating(binding.target.dtype) && binding.target.shape.rank() + 1 == rank;
  const bool one_hot = y.extents().rank() == rank && y.extents()[rank - 1] > 1 && binding.shape[rank - 1] == Dim(y.extents()[rank - 1]);
  LAMINA_CHECK(!takes_classes || !one_hot, "y of output '", binding.output, "' has shape ", y.extents(),
               ", as one-hot rows have, but the ", binding.target_reader, " takes class numbers of shape ", binding.target.shape,
               ". For one-hot rows use 'categorical_crossentropy' and 'categorical_accuracy'.");
}

// The outputs that a list of `count` tensors stands for: all, those with a loss, or those that read y.
std::vector<const LossBinding*> outputs_of_list(const std::vector<LossBinding>& bindings, size_t count) {
  std::vector<const LossBinding*> all, trained, reading;
  for (const LossBinding& binding : bindings) {
    all.push_back(&binding);
    if (binding.trained) trained.push_back(&binding);
    if (binding.needs_target) reading.push_back(&binding);
  }
  const auto names = [](const std::vector<const LossBinding*>& some) {
    std::vector<std::string> result;
    for (const LossBinding* binding : some) result.push_back(binding->output);
    return quoted(result);
  };
  if (count == all.size()) return all;
  LAMINA_CHECK(count == trained.size() || count == reading.size(), "The model has ", all.size(), " outputs ", names(all), ", of which ",
               names(reading), " read y_true, but y has ", count, " tensors");
  LAMINA_CHECK(trained.size() != reading.size() || trained == reading, "y has ", count, " tensors, which may be for the outputs ",
               names(trained), " that have a loss or for ", names(reading), " that read y_true. Give y by name.");
  return count == reading.size() ? reading : trained;
}

}  // namespace

TensorMap targets_by_name(const std::vector<LossBinding>& bindings, const Tensors& y) {
  const auto& entries = y.entries();
  std::vector<std::string> reading, given;
  for (const LossBinding& binding : bindings) {
    if (binding.needs_target) reading.push_back(binding.output);
  }
  TensorMap result;
  const auto put = [&](const LossBinding& binding, const HostTensor& tensor) {
    if (!binding.needs_target) return;
    check_not_one_hot(binding, tensor);
    result.emplace(binding.output, fitted(text("y of output '", binding.output, "'"), tensor, binding.target));
  };
  std::string unknown;
  switch (y.form()) {
    case Tensors::Form::none: break;
    case Tensors::Form::one:
      LAMINA_CHECK(reading.size() <= 1, "y is one tensor, but ", reading.size(), " outputs read y_true. Give a list in the order ",
                   quoted(reading), " or tensors by name.");
      for (const LossBinding& binding : bindings) put(binding, entries.front().second);
      break;
    case Tensors::Form::list: {
      const std::vector<const LossBinding*> outputs = outputs_of_list(bindings, entries.size());
      for (size_t i = 0; i < entries.size(); ++i) put(*outputs[i], entries[i].second);
      break;
    }
    case Tensors::Form::dict:
      for (const auto& [key, tensor] : entries) {
        given.push_back(key);
        const auto at = std::find_if(bindings.begin(), bindings.end(), [name = &key](const auto& b) { return b.output == *name; });
        if (at == bindings.end()) {
          unknown = key;
        } else {
          put(*at, tensor);
        }
      }
      break;
  }
  for (const LossBinding& binding : bindings) {
    if (!binding.needs_target || result.contains(binding.output)) continue;
    const std::string keys = given.empty() ? "" : text("; given were ", quoted(given), did_you_mean(binding.output, given));
    throw Error(ErrorKind::model, text("No data provided for \"", binding.output, "\". Need data for each key in: ", quoted(reading), keys,
                                       ". The ", binding.target_reader, " of this output reads y_true."));
  }
  const std::vector<std::string> names = names_of(bindings);
  LAMINA_CHECK(unknown.empty(), "Unknown entry in y dictionary: \"", unknown, "\". Only expected the following keys: ", quoted(names),
               did_you_mean(unknown, names));
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

void check_class_weight(const std::vector<LossBinding>& bindings, const std::map<int, double>& class_weight) {
  LAMINA_CHECK(class_weight.empty() || bindings.size() == 1, "`class_weight` is only supported for models with a single output");
}

void apply_class_weight(Batch& batch, const std::vector<LossBinding>& bindings, const std::map<int, double>& class_weight) {
  if (class_weight.empty()) return;
  check_class_weight(bindings, class_weight);
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

void refuse_with_dataset(bool given, const char* argument, const char* description) {
  LAMINA_CHECK(!given, "When providing `x` as a Dataset, `", argument, "` should not be passed. Instead, ", description,
               " should be included as part of the Dataset.");
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

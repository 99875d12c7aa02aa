// SPDX-License-Identifier: Apache-2.0
#include "core/compile/bind_losses.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

std::vector<std::string> names_of(const std::vector<ModelOutput>& outputs) {
  std::vector<std::string> names;
  for (const ModelOutput& output : outputs) names.push_back(output.name);
  return names;
}

std::string quoted_list(const std::vector<std::string>& names) { return "[" + join(names, ", ", "'") + "]"; }

void check_unique_outputs(const std::vector<ModelOutput>& outputs) {
  std::set<std::string> seen;
  for (const ModelOutput& output : outputs) {
    LAMINA_CHECK(seen.insert(output.name).second, "The output name \"", output.name,
                 "\" is used twice: a loss could not be bound to one of them. The outputs are ",
                 quoted_list(names_of(outputs)), "; give the model distinct output names.");
  }
}

// One spec per output, in the outputs' order.
std::vector<LossSpec> specs_by_output(const std::vector<std::string>& names, const Losses& losses) {
  std::vector<LossSpec> specs(names.size(), LossSpec(no_loss));
  const auto& entries = losses.entries();
  switch (losses.form()) {
    case Losses::Form::none:
      break;
    case Losses::Form::one:
      std::fill(specs.begin(), specs.end(), entries.front().loss);
      break;
    case Losses::Form::list: {
      std::vector<std::string> shown;
      for (const NamedLoss& entry : entries) shown.push_back(entry.loss.shown());
      LAMINA_CHECK(entries.size() == names.size(),
                   "When passing a list as loss, it should have one entry per model outputs. The model has ",
                   names.size(), " outputs, but you passed loss=[", join(shown), "]");
      for (size_t i = 0; i < names.size(); ++i) specs[i] = entries[i].loss;
      break;
    }
    case Losses::Form::dict: {
      std::vector<std::string> keys;
      for (const NamedLoss& entry : entries) {
        LAMINA_CHECK(std::find(keys.begin(), keys.end(), entry.output) == keys.end(), "The loss dictionary names \"",
                     entry.output, "\" twice. The model has the outputs ", quoted_list(names));
        keys.push_back(entry.output);
      }
      for (const NamedLoss& entry : entries) {
        const auto at = std::find(names.begin(), names.end(), entry.output);
        LAMINA_CHECK(at != names.end(), "Unknown entry in loss dictionary: \"", entry.output,
                     "\". Only expected the following keys: ", quoted_list(names), "; given were ", quoted_list(keys),
                     did_you_mean(entry.output, names));
        specs[static_cast<size_t>(at - names.begin())] = entry.loss;
      }
      for (const std::string& name : names) {
        LAMINA_CHECK(std::find(keys.begin(), keys.end(), name) != keys.end(), "Output \"", name,
                     "\" missing from loss dictionary. Expected keys ", quoted_list(names),
                     " in loss dict, but found loss.keys()=", quoted_list(keys),
                     ". Write no_loss for an output that is not to be trained.");
      }
      break;
    }
  }
  const bool any = std::any_of(specs.begin(), specs.end(), [](const LossSpec& spec) { return !spec.is_none(); });
  LAMINA_CHECK(any, "No loss to compute. Provide a `loss` argument in `compile()`.");
  return specs;
}

std::vector<double> weights_by_output(const std::vector<std::string>& names, const LossWeights& weights) {
  std::vector<double> result(names.size(), 1.0);
  const auto& entries = weights.entries();
  if (weights.form() == LossWeights::Form::one) {
    LAMINA_CHECK(names.size() == 1, "`loss_weights` is one number, but the model has the outputs ", quoted_list(names),
                 "; give a list with one weight per output, or weights by name.");
    result.front() = entries.front().weight;
    return result;
  }
  if (weights.form() == LossWeights::Form::list) {
    std::vector<double> shown;
    for (const NamedWeight& entry : entries) shown.push_back(entry.weight);
    LAMINA_CHECK(entries.size() == names.size(),
                 "When passing a list as loss_weights, it should have one entry per model outputs. The model has ",
                 names.size(), " outputs, but you passed loss_weights=[", join(shown), "]");
    for (size_t i = 0; i < names.size(); ++i) result[i] = entries[i].weight;
    return result;
  }
  std::set<std::string> seen;
  for (const NamedWeight& entry : entries) {
    const auto at = std::find(names.begin(), names.end(), entry.output);
    LAMINA_CHECK(at != names.end(), "Unknown entry in loss_weights dictionary: \"", entry.output,
                 "\". Only expected the following keys: ", quoted_list(names), did_you_mean(entry.output, names));
    LAMINA_CHECK(seen.insert(entry.output).second, "The loss_weights dictionary names \"", entry.output, "\" twice.");
    result[static_cast<size_t>(at - names.begin())] = entry.weight;
  }
  return result;
}

// Losses are never 16 bits wide.
DType loss_type(DType type) { return type == DType::f64 ? DType::f64 : DType::f32; }

// `weight` (the leading axes of `values`) with axes of one behind it.
Value aligned(const Value& weight, const Value& values) {
  Shape shape = weight.shape();
  while (shape.rank() < values.shape().rank()) shape.push_back(1);
  return reshape(weight, shape);
}

// Sum over all elements divided by their number; with a mask, by the number of valid ones (0 where there are none).
Value reduced(Value values, const Value& mask, const Value& sample_weight) {
  values = cast(values, loss_type(values.dtype()));
  LAMINA_CHECK(!sample_weight.exists() || sample_weight.shape().rank() <= values.shape().rank(), "[loss] node \"",
               NameScope::path(), "\": sample weights of shape ", sample_weight.shape(), " for a loss of shape ",
               values.shape(), "; the loss function must not average over samples that are weighted");
  if (values.shape().rank() == 0) return values;
  Value weights;
  if (mask.exists()) {
    const Value valid = cast(mask, DType::f32);
    weights = valid * (size_value(valid.shape().count()) / maximum(sum(valid), 1.0));
    while (weights.shape().rank() > values.shape().rank()) {  // a loss that averaged over a masked axis
      weights = mean(weights, {weights.shape().rank() - 1});
    }
    weights = aligned(weights, values);
  }
  if (sample_weight.exists()) {
    const Value given = aligned(sample_weight, values);
    weights = weights.exists() ? weights * given : given;
  }
  return mean(weights.exists() ? values * weights : values);
}

LossBinding bind(const ModelOutput& output, const LossSpec& spec, double weight, const LossBindingOptions& options) {
  LossBinding binding{.output = output.name, .shape = output.value.shape(), .weight = weight};
  if (spec.is_none()) return binding;
  const Loss loss = spec.is_name() ? options.resolve(spec.name(), output.value.type()) : spec.loss();
  binding.trained = true;
  binding.loss = loss.name;
  binding.target = loss.target ? loss.target(output.value.type()) : default_target(output.value.type());

  const NameScope scope("loss/" + output.name);
  const Value target = input_value(target_input(output.name), binding.target.dtype, binding.target.shape);
  // Also a function of the user's sees f32 where the model computes in 16 bits.
  const Value y_pred =
      is_floating(output.value.dtype()) ? cast(output.value, loss_type(output.value.dtype())) : output.value;
  const Value values = loss.function(target, y_pred);
  LAMINA_CHECK(values.exists(), "[loss] output \"", output.name, "\": the loss function returned no Value");
  LAMINA_CHECK(is_floating(values.dtype()), "[loss] output \"", output.name, "\": the loss is ", values.dtype(),
               "; a loss must be floating point, use cast(x, DType::f32)");
  binding.needs_target = depends_on(values, target);
  // Nothing of the loss but the output itself: the identity loss, for layers that compute the loss themselves.
  if (values.same_as(y_pred)) binding.loss = "identity";
  if (binding.needs_target) binding.target_reader = "loss " + binding.loss;

  Value sample_weight;
  if (const auto rank = options.sample_weight_ranks.find(output.name); rank != options.sample_weight_ranks.end()) {
    LAMINA_CHECK(rank->second <= binding.shape.rank(), "[loss] output \"", output.name, "\": sample weights of ",
                 rank->second, " axes for an output of shape ", binding.shape);
    Shape shape;
    for (int axis = 0; axis < rank->second; ++axis) shape.push_back(binding.shape[axis]);
    sample_weight = input_value(sample_weight_input(output.name), DType::f32, shape);
  }
  binding.value = reduced(values, output.mask, sample_weight);
  return binding;
}

// "(None, 64)": symbols as Keras shows them.
std::string shown(const Shape& shape) {
  std::vector<std::string> dims;
  for (const Dim& dim : shape) dims.push_back(dim.is_number() ? dim.to_string() : "None");
  return "(" + join(dims) + (dims.size() == 1 ? ",)" : ")");
}

// The reader is named where it is not the loss that stands before.
std::string need_of_target(const LossBinding& binding) {
  if (!binding.needs_target) return "needs no y";
  const bool by_loss = binding.target_reader == "loss " + binding.loss;
  return by_loss ? "needs y" : "needs y for the " + binding.target_reader;
}

constexpr std::string_view kTarget = "/target", kSampleWeight = "/sample_weight";

}  // namespace

TensorType default_target(const TensorType& y_pred) {
  const bool sixteen_bits = y_pred.dtype == DType::bf16 || y_pred.dtype == DType::f16;
  return {sixteen_bits ? DType::f32 : y_pred.dtype, y_pred.shape};
}

std::string target_input(const std::string& output) { return output + std::string(kTarget); }
std::string sample_weight_input(const std::string& output) { return output + std::string(kSampleWeight); }

std::string shown_input(const std::string& name) {
  const auto output = [&](std::string_view ending) { return name.substr(0, name.size() - ending.size()); };
  if (name.ends_with(kTarget)) return text("y of output '", output(kTarget), "'");
  if (name.ends_with(kSampleWeight)) return text("sample_weight of output '", output(kSampleWeight), "'");
  return text("input '", name, "'");
}

BoundLosses bind_losses(const std::vector<ModelOutput>& outputs, const LossBindingOptions& options) {
  check_unique_outputs(outputs);
  const std::vector<std::string> names = names_of(outputs);
  const std::vector<LossSpec> specs = specs_by_output(names, options.losses);
  const std::vector<double> weights = weights_by_output(names, options.weights);
  BoundLosses bound;
  for (size_t i = 0; i < outputs.size(); ++i) {
    bound.bindings.push_back(bind(outputs[i], specs[i], weights[i], options));
    const LossBinding& binding = bound.bindings.back();
    if (!binding.trained) continue;
    const Value term = weights[i] == 1.0 ? binding.value : binding.value * weights[i];
    bound.total = bound.total.exists() ? bound.total + term : term;
  }
  return bound;
}

std::vector<std::string> reported_parts(const BoundLosses& bound) {
  std::vector<std::string> names;
  for (const LossBinding& binding : bound.bindings) {
    if (binding.trained) names.push_back(binding.output + "_loss");
  }
  return names.size() > 1 ? names : std::vector<std::string>();
}

void print_bindings(const BoundLosses& bound, std::ostream& out) {
  for (const LossBinding& binding : bound.bindings) {
    out << "loss binding: " << binding.output << " " << shown(binding.shape) << " <- ";
    if (!binding.trained) {
      out << "None (not trained, " << need_of_target(binding) << ")\n";
      continue;
    }
    const bool identity = binding.loss == "identity";
    out << binding.loss << (identity ? " (passthrough, " : " (") << need_of_target(binding) << "), weight "
        << text(binding.weight) << "\n";
  }
}

}  // namespace lamina

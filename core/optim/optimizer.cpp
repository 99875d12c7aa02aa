// SPDX-License-Identifier: Apache-2.0
#include "core/optim/optimizer.h"

#include <algorithm>
#include <cctype>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

Value norm_of(const Value& gradient) { return sqrt(sum(square(gradient))); }

}  // namespace

bool WeightDecay::applies_to(const Variable& variable) const {
  if (rate_ == 0) return false;
  return std::none_of(except_.begin(), except_.end(),
                      [&](const std::string& part) { return variable.name.find(part) != std::string::npos; });
}

Optimizer::Optimizer(LearningRate learning_rate, GradientClipping clipping, WeightDecay decay)
    : learning_rate_(std::move(learning_rate)), clipping_(clipping), decay_(std::move(decay)) {
  LAMINA_CHECK(decay_.rate() >= 0, "a weight decay must not be negative, got ", decay_.rate());
  const int given =
      clipping.clip_value.has_value() + clipping.clip_norm.has_value() + clipping.global_clip_norm.has_value();
  LAMINA_CHECK(given <= 1, "Only one of `clip_norm`, `clip_value` and `global_clip_norm` can be set.");
  for (const auto& bound : {clipping.clip_value, clipping.clip_norm, clipping.global_clip_norm}) {
    LAMINA_CHECK(!bound || *bound > 0, "a gradient is clipped to a positive bound, got ", *bound);
  }
}

void Optimizer::set_learning_rate(double rate) {
  LAMINA_CHECK(!learning_rate_.is_schedule(), "the learning rate follows a schedule and cannot be set");
  learning_rate_ = rate;
}

std::vector<Value> Optimizer::clipped(const std::vector<Trained>& trained) const {
  std::vector<Value> gradients;
  for (const Trained& one : trained) gradients.push_back(one.gradient);
  if (clipping_.clip_value) {
    for (Value& gradient : gradients) gradient = clip(gradient, -*clipping_.clip_value, *clipping_.clip_value);
  } else if (clipping_.clip_norm) {
    for (Value& gradient : gradients) {
      gradient = gradient * (*clipping_.clip_norm / maximum(norm_of(gradient), *clipping_.clip_norm));
    }
  } else if (clipping_.global_clip_norm) {
    Value squares;
    for (const Value& gradient : gradients) {
      const Value own = sum(square(gradient));
      squares = squares.exists() ? squares + own : own;
    }
    const Value scale = *clipping_.global_clip_norm / maximum(sqrt(squares), *clipping_.global_clip_norm);
    for (Value& gradient : gradients) gradient = gradient * scale;
  }
  return gradients;
}

std::shared_ptr<Variable>& Optimizer::slot_variable(const std::shared_ptr<Variable>& variable,
                                                    const std::string& name) {
  std::shared_ptr<Variable>& known = slots_[{variable, name}];
  if (!known) {
    known = std::make_shared<Variable>(name + "/" + variable->name, variable->dtype, variable->extents, false);
    known->assign(HostTensor(variable->dtype, variable->extents));
  }
  return known;
}

Value Optimizer::slot(const std::shared_ptr<Variable>& variable, const std::string& name) {
  return variable_value(slot_variable(variable, name));
}

void Optimizer::update_slot(const std::shared_ptr<Variable>& variable, const std::string& name, const Value& contents) {
  pending_.push_back({slot_variable(variable, name), contents});
}

std::vector<Update> Optimizer::attach(const std::vector<Trained>& trained, const Value& healthy) {
  const UpdateContext context{input_value(kLearningRateInput, DType::f32, Shape{}),
                              input_value(kOptimizerStepInput, DType::f32, Shape{})};
  const std::vector<Value> gradients = clipped(trained);
  pending_.clear();
  std::vector<Update> updates;
  for (size_t i = 0; i < trained.size(); ++i) {
    const auto& variable = trained[i].variable;
    const NameScope scope("optimizer/" + variable->name);
    Value weight = trained[i].value;
    if (decay_.applies_to(*variable)) weight = weight - weight * (decay_.rate() * context.learning_rate);
    updates.push_back({variable, rule(variable, weight, gradients[i], context)});
    for (Update& slot_update : pending_) updates.push_back(std::move(slot_update));
    pending_.clear();
  }
  for (Update& update : updates) update.value = where(healthy, update.value, variable_value(update.variable));
  return updates;
}

std::vector<std::pair<std::string, std::shared_ptr<Variable>>> Optimizer::slots(
    const std::map<const Variable*, std::string>& paths) const {
  std::vector<std::pair<std::string, std::shared_ptr<Variable>>> named;
  for (const auto& [key, variable] : slots_) {
    const auto path = paths.find(key.first.get());
    if (path != paths.end()) named.emplace_back(key.second + "/" + path->second, variable);
  }
  std::sort(named.begin(), named.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return named;
}

std::shared_ptr<Optimizer> optimizer_from_name(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "sgd") return sgd();
  if (lower == "adam") return adam();
  if (lower == "adamw") return adamw();
  if (lower == "rmsprop") return rmsprop();
  throw Error(ErrorKind::model, text("Could not interpret optimizer identifier: ", name,
                                     did_you_mean(lower, {"sgd", "adam", "adamw", "rmsprop"})));
}

}  // namespace lamina

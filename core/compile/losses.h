// SPDX-License-Identifier: Apache-2.0
// What may stand behind `.loss =`: one class for every form that Keras knows.
//
//   .loss = "mse"                                    a name, for all outputs
//   .loss = mse()                                    a loss, for all outputs
//   .loss = [](Value y_true, Value y_pred) { ... }   any function of two Values, for all outputs
//   .loss = {"mse", "mae"}                           a list, one entry per output
//   .loss = {{"main", "mse"}, {"aux", no_loss}}      by output name; every output must be named
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/value.h"

namespace lamina {

// (y_true, y_pred) -> loss of any shape: scalars pass, the rest is averaged over all elements. Called once, when the
// graph is traced. A function that ignores y_true makes the model demand no y for its output.
using LossFunction = std::function<Value(const Value& y_true, const Value& y_pred)>;

struct Loss {
  std::string name;  // as the binding table shows it
  LossFunction function;
  // The type that y_true has for this y_pred; absent: the type of y_pred.
  std::function<TensorType(const TensorType& y_pred)> target = {};
};

struct NoLoss {};
inline constexpr NoLoss no_loss{};  // Python's None: this output is not trained and takes no y

// One entry: a name to be looked up, a loss, a function, or none.
class LossSpec {
 public:
  LossSpec(const char* name) : name_(name) {}                // NOLINT: every form converts
  LossSpec(std::string name) : name_(std::move(name)) {}     // NOLINT
  LossSpec(Loss loss) : loss_(std::move(loss)) {}            // NOLINT
  LossSpec(NoLoss) {}                                        // NOLINT
  LossSpec(std::nullptr_t) {}                                // NOLINT
  template <class Function>
    requires std::is_invocable_r_v<Value, Function, const Value&, const Value&>
  LossSpec(Function function) : loss_(Loss{"function", std::move(function)}) {}  // NOLINT

  bool is_none() const { return name_.empty() && !loss_; }
  bool is_name() const { return !name_.empty(); }
  const std::string& name() const { return name_; }
  const Loss& loss() const { return *loss_; }
  std::string shown() const { return is_none() ? "None" : is_name() ? "'" + name_ + "'" : "<" + loss_->name + ">"; }

 private:
  std::string name_;
  std::optional<Loss> loss_;
};

struct NamedLoss {
  std::string output;
  LossSpec loss;
};

class Losses {
 public:
  enum class Form { none, one, list, dict };

  Losses() = default;
  Losses(NoLoss) {}          // NOLINT
  Losses(std::nullptr_t) {}  // NOLINT
  template <class Spec>
    requires(std::convertible_to<Spec, LossSpec> && !std::same_as<std::remove_cvref_t<Spec>, NoLoss> &&
             !std::same_as<std::remove_cvref_t<Spec>, std::nullptr_t>)
  Losses(Spec spec) : form_(Form::one), entries_{{"", LossSpec(std::move(spec))}} {}  // NOLINT
  Losses(std::initializer_list<LossSpec> list) : form_(Form::list) {
    for (const LossSpec& spec : list) entries_.push_back({"", spec});
  }
  Losses(std::initializer_list<NamedLoss> dict) : form_(Form::dict), entries_(dict) {}
  static Losses by_name(std::vector<NamedLoss> dict) {
    Losses losses;
    losses.form_ = Form::dict;
    losses.entries_ = std::move(dict);
    return losses;
  }

  Form form() const { return form_; }
  const std::vector<NamedLoss>& entries() const { return entries_; }

 private:
  Form form_ = Form::none;
  std::vector<NamedLoss> entries_;  // the names are empty but for a dict
};

struct NamedWeight {
  std::string output;
  double weight;
};

// `.loss_weights =`: a number, where there is one output; a list, one per output; or by name, where a missing one is 1.
class LossWeights {
 public:
  enum class Form { one, list, dict };

  LossWeights() = default;
  LossWeights(double weight) : form_(Form::one), entries_{{"", weight}} {}  // NOLINT
  LossWeights(std::initializer_list<double> list) : form_(Form::list) {
    for (const double weight : list) entries_.push_back({"", weight});
  }
  LossWeights(std::initializer_list<NamedWeight> dict) : entries_(dict) {}

  Form form() const { return form_; }
  const std::vector<NamedWeight>& entries() const { return entries_; }

 private:
  Form form_ = Form::dict;
  std::vector<NamedWeight> entries_;  // the names are empty but for a dict
};

}  // namespace lamina

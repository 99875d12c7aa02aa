// SPDX-License-Identifier: Apache-2.0
// Optimizers as graph builders: from a weight and its gradient they make the new weight and the new slots. Numerics are
// Keras 3's. The object owns its slots, so the same optimizer compiled again goes on where it was, and a new one starts
// afresh.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/optim/schedules.h"

namespace lamina {

// A constant, or a schedule.
class LearningRate {
 public:
  LearningRate(double rate) : rate_(rate) {}                           // NOLINT
  LearningRate(Schedule schedule) : schedule_(std::move(schedule)) {}  // NOLINT
  double at(int64_t step) const { return schedule_ ? schedule_->rate(step) : rate_; }
  bool is_schedule() const { return schedule_.has_value(); }

 private:
  double rate_ = 0;
  std::optional<Schedule> schedule_;
};

// At most one of the three. A norm is the square root of the sum of squares.
struct GradientClipping {
  std::optional<double> clip_value = {};        // each element to [-v, v]
  std::optional<double> clip_norm = {};         // each gradient to this norm at most
  std::optional<double> global_clip_norm = {};  // all gradients together
};

// Weights shrink by learning_rate * rate before each update, but for those whose name holds one of `except` ("bias").
class WeightDecay {
 public:
  WeightDecay() = default;
  WeightDecay(double rate, std::vector<std::string> except = {})
      : rate_(rate), except_(std::move(except)), given_(true) {}  // NOLINT
  double rate() const { return rate_; }
  bool is_given() const { return given_; }
  bool applies_to(const Variable& variable) const;

 private:
  double rate_ = 0;
  std::vector<std::string> except_;
  bool given_ = false;
};

// What an update rule computes with; scalars are graph inputs.
struct UpdateContext {
  Value learning_rate;  // f32
  Value step;           // f32, 1 for the first update
};

inline constexpr const char* kLearningRateInput = "optimizer/learning_rate";
inline constexpr const char* kOptimizerStepInput = "optimizer/step";

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual std::string name() const = 0;

  struct Trained {
    std::shared_ptr<Variable> variable;
    Value value;     // the leaf
    Value gradient;  // of the same type
  };

  // The updates of all weights and slots. Where `healthy` (a boolean scalar) is false, everything keeps its contents.
  std::vector<Update> attach(const std::vector<Trained>& trained, const Value& healthy);

  double learning_rate() const { return learning_rate_.at(iterations); }
  void set_learning_rate(double rate);  // throws where a schedule rules it
  bool has_schedule() const { return learning_rate_.is_schedule(); }

  int64_t iterations = 0;  // updates done

  // "m/dense/kernel" -> slot, for checkpoints. `paths` names the weights.
  std::vector<std::pair<std::string, std::shared_ptr<Variable>>> slots(
      const std::map<const Variable*, std::string>& paths) const;

 protected:
  Optimizer(LearningRate learning_rate, GradientClipping clipping, WeightDecay decay);

  // The new weight, from the one that has decayed; slots are written by update_slot.
  virtual Value rule(const std::shared_ptr<Variable>& variable, const Value& weight, const Value& gradient,
                     const UpdateContext& context) = 0;

  Value slot(const std::shared_ptr<Variable>& variable, const std::string& name);  // zeros at first
  void update_slot(const std::shared_ptr<Variable>& variable, const std::string& name, const Value& contents);

 private:
  std::vector<Value> clipped(const std::vector<Trained>& trained) const;
  std::shared_ptr<Variable>& slot_variable(const std::shared_ptr<Variable>& variable, const std::string& name);

  LearningRate learning_rate_;
  GradientClipping clipping_;
  WeightDecay decay_;
  std::map<std::pair<std::shared_ptr<Variable>, std::string>, std::shared_ptr<Variable>> slots_;
  std::vector<Update> pending_;  // slot updates of the attach in progress
};

struct SgdOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  WeightDecay weight_decay = {};
  GradientClipping clipping = {};
};
std::shared_ptr<Optimizer> sgd(SgdOptions options = {});

// Kingma and Ba 2015; epsilon stands outside the bias correction, as in Keras. amsgrad: Reddi et al. 2018.
struct AdamOptions {
  LearningRate learning_rate = 0.001;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool amsgrad = false;
  WeightDecay weight_decay = {};
  GradientClipping clipping = {};
};
std::shared_ptr<Optimizer> adam(AdamOptions options = {});

// Loshchilov and Hutter 2019: adam whose weights decay, by 0.004 unless another rate is given.
std::shared_ptr<Optimizer> adamw(AdamOptions options = {});

// Tieleman and Hinton 2012.
struct RmspropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  WeightDecay weight_decay = {};
  GradientClipping clipping = {};
};
std::shared_ptr<Optimizer> rmsprop(RmspropOptions options = {});

// "sgd", "adam", "adamw", "rmsprop" with their defaults; throws, naming the nearest.
std::shared_ptr<Optimizer> optimizer_from_name(const std::string& name);

}  // namespace lamina

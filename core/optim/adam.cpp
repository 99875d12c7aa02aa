// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/optim/optimizer.h"

namespace lamina {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(std::string name, const AdamOptions& options)
      : Optimizer(options.learning_rate, options.clipping, options.weight_decay),
        name_(std::move(name)),
        options_(options) {
    for (const double beta : {options.beta_1, options.beta_2}) {
      LAMINA_CHECK(beta >= 0 && beta < 1, "[", name_, "] a beta must be within [0, 1), got ", beta);
    }
  }

  std::string name() const override { return name_; }

 protected:
  Value rule(const std::shared_ptr<Variable>& variable, const Value& weight, const Value& gradient,
             const UpdateContext& context) override {
    const auto& [b1, b2] = std::pair(options_.beta_1, options_.beta_2);
    const Value& rate = context.learning_rate;
    // 1 - b^t as -expm1(t log b), which f32 holds to the last digits also for b = 0.999 and t = 1. Scalars, shared by
    // all weights: the graph keeps one copy.
    const Value m_sum = -expm1(std::log(b1) * context.step), v_sum = -expm1(std::log(b2) * context.step);
    const Value corrected = rate * sqrt(v_sum) / m_sum;
    const Value old_m = slot(variable, "m"), old_v = slot(variable, "v");
    const Value m = old_m + (gradient - old_m) * (1.0 - b1);
    const Value v = old_v + (square(gradient) - old_v) * (1.0 - b2);
    update_slot(variable, "m", m);
    update_slot(variable, "v", v);
    Value largest = v;
    if (options_.amsgrad) {
      largest = maximum(slot(variable, "v_hat"), v);
      update_slot(variable, "v_hat", largest);
    }
    return weight - m * corrected / (sqrt(largest) + options_.epsilon);
  }

 private:
  std::string name_;
  AdamOptions options_;
};

}  // namespace

std::shared_ptr<Optimizer> adam(AdamOptions options) { return std::make_shared<Adam>("adam", options); }
std::shared_ptr<Optimizer> adamw(AdamOptions options) {
  if (!options.weight_decay.is_given()) options.weight_decay = 0.004;
  return std::make_shared<Adam>("adamw", options);
}

}  // namespace lamina

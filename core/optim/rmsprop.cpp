// SPDX-License-Identifier: Apache-2.0
#include "core/graph/pointwise.h"
#include "core/optim/optimizer.h"

namespace lamina {
namespace {

class Rmsprop final : public Optimizer {
 public:
  explicit Rmsprop(const RmspropOptions& options)
      : Optimizer(options.learning_rate, options.clipping, options.weight_decay), options_(options) {}

  std::string name() const override { return "rmsprop"; }

 protected:
  Value rule(const std::shared_ptr<Variable>& variable, const Value& weight, const Value& gradient,
             const UpdateContext& context) override {
    const double rho = options_.rho;
    const Value& rate = context.learning_rate;
    const Value squares = rho * slot(variable, "velocity") + (1.0 - rho) * square(gradient);
    update_slot(variable, "velocity", squares);
    Value denominator = squares + options_.epsilon;
    if (options_.centered) {
      const Value average = rho * slot(variable, "average_gradient") + (1.0 - rho) * gradient;
      update_slot(variable, "average_gradient", average);
      denominator = squares - square(average) + options_.epsilon;
    }
    const Value step = rate * gradient * rsqrt(denominator);
    if (options_.momentum == 0) return weight - step;
    const Value momentum = options_.momentum * slot(variable, "momentum") + step;
    update_slot(variable, "momentum", momentum);
    return weight - momentum;
  }

 private:
  RmspropOptions options_;
};

}  // namespace

std::shared_ptr<Optimizer> rmsprop(RmspropOptions options) { return std::make_shared<Rmsprop>(options); }

}  // namespace lamina

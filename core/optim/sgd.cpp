// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/graph/pointwise.h"
#include "core/optim/optimizer.h"

namespace lamina {
namespace {

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const SgdOptions& options)
      : Optimizer(options.learning_rate, options.clipping, options.weight_decay), options_(options) {
    LAMINA_CHECK(options.momentum >= 0 && options.momentum <= 1, "[sgd] momentum must be within [0, 1], got ",
                 options.momentum);
  }

  std::string name() const override { return "sgd"; }

 protected:
  Value rule(const std::shared_ptr<Variable>& variable, const Value& weight, const Value& gradient,
             const UpdateContext& context) override {
    const Value& rate = context.learning_rate;
    if (options_.momentum == 0) return weight - rate * gradient;
    const Value velocity = options_.momentum * slot(variable, "momentum") - rate * gradient;
    update_slot(variable, "momentum", velocity);
    return options_.nesterov ? weight + (options_.momentum * velocity - rate * gradient) : weight + velocity;
  }

 private:
  SgdOptions options_;
};

}  // namespace

std::shared_ptr<Optimizer> sgd(SgdOptions options) { return std::make_shared<Sgd>(options); }

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// The callbacks of one fit, evaluate or predict, called in the order in which they were given.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "layers/model/callback.h"

namespace lamina {

class Hooks {
 public:
  Hooks(std::vector<std::shared_ptr<Callback>> callbacks, Model* model) : callbacks_(std::move(callbacks)) {
    for (const auto& callback : callbacks_) {
      LAMINA_CHECK(callback, "a callback is null");
      callback->set_model(model);
    }
  }

  template <class Hook>
  void each(Hook hook) const {
    for (const auto& callback : callbacks_) hook(*callback);
  }
  bool handle_non_finite() const {
    for (const auto& callback : callbacks_) {
      if (callback->handles_non_finite()) return true;
    }
    return false;
  }

 private:
  std::vector<std::shared_ptr<Callback>> callbacks_;
};

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <ostream>

#include "layers/callbacks.h"
#include "layers/callbacks/messages.h"
#include "layers/model.h"

namespace lamina {
namespace {

class TerminateOnNan final : public Callback {
 public:
  explicit TerminateOnNan(std::ostream* out) : out_(out) {}
  bool handles_non_finite() const override { return true; }

  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    const auto loss = logs.get("loss");
    if (!loss || std::isfinite(*loss)) return;
    stream_or_cout(out_) << "Batch " << batch << ": Invalid loss, terminating training\n";
    model().stop_training();
  }

 private:
  std::ostream* out_;
};

}  // namespace

std::shared_ptr<Callback> terminate_on_nan(std::ostream* out) { return std::make_shared<TerminateOnNan>(out); }

}  // namespace lamina

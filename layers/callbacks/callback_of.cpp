// SPDX-License-Identifier: Apache-2.0
#include "layers/callbacks.h"

namespace lamina {
namespace {

class FunctionCallback final : public Callback {
 public:
  explicit FunctionCallback(CallbackFunctions functions) : functions_(std::move(functions)) {}

  void on_train_begin(const TrainingPlan&) override {
    if (functions_.on_train_begin) functions_.on_train_begin();
  }
  void on_train_end(const Logs& logs) override {
    if (functions_.on_train_end) functions_.on_train_end(logs);
  }
  void on_epoch_begin(int64_t epoch) override {
    if (functions_.on_epoch_begin) functions_.on_epoch_begin(epoch);
  }
  void on_epoch_end(int64_t epoch, Logs& logs) override {
    if (functions_.on_epoch_end) functions_.on_epoch_end(epoch, logs);
  }
  void on_train_batch_begin(int64_t batch) override {
    if (functions_.on_train_batch_begin) functions_.on_train_batch_begin(batch);
  }
  void on_train_batch_end(int64_t batch, const Logs& logs) override {
    if (functions_.on_train_batch_end) functions_.on_train_batch_end(batch, logs);
  }

 private:
  CallbackFunctions functions_;
};

}  // namespace

std::shared_ptr<Callback> callback_of(CallbackFunctions functions) { return std::make_shared<FunctionCallback>(std::move(functions)); }

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Hooks into fit, evaluate and predict, in Keras' order: train begin; per epoch: epoch begin, batches, validation (test
// hooks), epoch end; train end. Begin hooks get no logs; train and test batch ends the running loss and metrics; epoch
// end and train end also val_ numbers.
#pragma once

#include <cstdint>

#include "layers/model/logs.h"
#include "layers/model/tensors.h"

namespace lamina {

class Model;

// As many epochs as it takes until a callback stops the fit.
inline constexpr int64_t kUntilStopped = INT64_MAX;

// What a fit is about to do, for progress and checks at the start.
struct TrainingPlan {
  int64_t epochs = 0;  // the final index, or kUntilStopped
  int64_t initial_epoch = 0;
  std::optional<int64_t> steps = {};  // per epoch, where known
  bool has_validation = false;
  int verbose = 1;
};

class Callback {
 public:
  virtual ~Callback() = default;

  virtual void on_train_begin(const TrainingPlan&) {}
  virtual void on_train_end(const Logs&) {}
  virtual void on_epoch_begin(int64_t /*epoch*/) {}
  virtual void on_epoch_end(int64_t /*epoch*/, Logs& /*logs*/) {}  // may add to the logs (the learning rate)
  virtual void on_train_batch_begin(int64_t /*batch*/) {}
  virtual void on_train_batch_end(int64_t /*batch*/, const Logs&) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(const Logs&) {}
  virtual void on_test_batch_begin(int64_t /*batch*/) {}
  virtual void on_test_batch_end(int64_t /*batch*/, const Logs&) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(int64_t /*batch*/) {}
  virtual void on_predict_batch_end(int64_t /*batch*/, const TensorMap& /*outputs*/) {}  // by output name

  // True where this callback deals with a loss that is not finite; otherwise fit throws and names the first bad layer.
  virtual bool handles_non_finite() const { return false; }

  void set_model(Model* model) { model_ = model; }

 protected:
  Model& model() const { return *model_; }  // the one that is being trained; valid within hooks

 private:
  Model* model_ = nullptr;
};

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Normalises the channels, the last axis of x (batch, ..., C), to mean beta and deviation gamma (Ioffe and Szegedy 2015). In
// training by the statistics of the batch, which also move the moving ones by 1 - momentum; otherwise by the moving ones, as
// y = x scale + shift with a scale and a shift per channel. Parameters and statistics are f32, whatever x is computed in.
//
// Weights, in this order: gamma, beta, and, never trained by a gradient, moving_mean, moving_variance; each (C).
#pragma once

#include "layers/layer.h"

namespace lamina {

// What a training step does with a layer whose `trainable`, or that of a model or layer around it, was false at compile. The
// moving statistics stay as they are in both.
enum class FrozenMode {
  inference,    // normalises by the moving statistics: Keras 3, and Keras from 2.2 on
  batch_stats,  // normalises by those of the batch, as if it trained: Keras 2.1.5, on which keras-yolo3 stands
};

struct BatchNormalizationOptions {
  std::string name = {};
  double momentum = 0.99;
  double epsilon = 1e-3;  // above 0
  bool center = true;     // there is a beta
  bool scale = true;      // there is a gamma
  Initializer beta_initializer = zeros();
  Initializer gamma_initializer = ones();
  Initializer moving_mean_initializer = zeros();
  Initializer moving_variance_initializer = ones();
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  FrozenMode frozen = FrozenMode::inference;
  bool unbiased_moving_variance = false;  // moves by the variance times M / (M - 1) of M elements a channel, as Keras 2 does
  bool trainable = true;
  std::optional<DType> compute_type = {};
};

// A mask goes on with y. Where the statistics of the batch are taken it is refused: masked steps would count in them.
class BatchNormalization : public LayerHandle {
 public:
  explicit BatchNormalization(BatchNormalizationOptions options = {});
};

}  // namespace lamina

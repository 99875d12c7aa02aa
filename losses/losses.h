// SPDX-License-Identifier: Apache-2.0
// Every loss by name: functions of the Values (y_true, y_pred), with Keras 3's formulas, nothing more. Reducing, sample
// weights and masks are core/compile/bind_losses.h's.
//
// Shapes: y_true and y_pred are (batch, ..., D) and the result is (batch, ...), one number per sample or step, unless
// said otherwise below. A vector (batch,) goes with a column (batch, 1). Computed in f32, also for 16-bit y_pred (f64
// for f64). e stands for Keras' epsilon, 1e-7.
#pragma once

#include <string>
#include <vector>

#include "core/compile/losses.h"

namespace lamina::losses {

inline constexpr double kEpsilon = 1e-7;

// y_pred itself, in its own shape; y_true is not read, so that no y is demanded. For outputs that are a loss already.
Loss identity();

Loss mse();                      // mean (y_true - y_pred)^2
Loss mae();                      // mean |y_true - y_pred|
Loss mape();                     // 100 mean |y_true - y_pred| / max(|y_true|, e)
Loss msle();                     // mean (log(1 + max(y_true, e)) - log(1 + max(y_pred, e)))^2
Loss huber(double delta = 1.0);  // mean of d^2 / 2 up to |d| = delta, then delta |d| - delta^2 / 2 (Huber 1964)
Loss log_cosh();                 // mean log(cosh(y_pred - y_true)), about d^2 / 2 for small and |d| - log 2 for large d

// y_pred holds probabilities, clipped to [e, 1 - e], or logits. Where y_pred comes straight out of a sigmoid or
// softmax, the logits that went in are used, as in Keras with TensorFlow: the same number, but with a gradient that
// does not vanish where the probability is 0 or 1 in f32. Smoothing s moves y_true to y_true (1 - s) + s / classes
// (Szegedy et al. 2016), where a binary target has two classes.
struct CrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;
};
Loss binary_crossentropy(CrossentropyOptions options = {});       // mean -(y log p + (1 - y) log(1 - p))
Loss categorical_crossentropy(CrossentropyOptions options = {});  // -sum y log(p / sum p)

// The same for labels: y_true (batch, ...) i32, y_pred (batch, ..., classes). A label outside [0, classes) gives NaN.
struct SparseCrossentropyOptions {
  bool from_logits = false;
};
Loss sparse_categorical_crossentropy(SparseCrossentropyOptions options = {});

Loss kl_divergence();  // sum y log(y / p), both clipped to [e, 1] (Kullback and Leibler 1951)

// -sum y_true / |y_true| * y_pred / |y_pred| along `axis`, which is missing in the result; 0 where one of them is 0.
Loss cosine_similarity(int axis = -1);

// By Keras' names, functions' and classes', and their aliases: "mse", "MSE", "mean_squared_error", "MeanSquaredError".
// The loss keeps the name by which it was asked for. "crossentropy" and "ce" are binary where y_pred has one column,
// else sparse: at compile nothing is known of y, and one-hot labels are then refused by their shape. Throws for an
// unknown name, with the nearest.
Loss from_name(const std::string& name, const TensorType& y_pred);

// All names that from_name knows.
std::vector<std::string> names();

}  // namespace lamina::losses

// SPDX-License-Identifier: Apache-2.0
// Batch normalisation in training (Ioffe and Szegedy 2015) of x (..., C): over all axes but the last, M elements a channel,
//
//   mean = sum(x) / M    variance = sum((x - mean)^2) / M    z = gamma (x - mean) / sqrt(variance + epsilon) + beta
//   y = z where z >= 0, else slope z;  + residual
//
// Inference needs no op of its own: with moving statistics it is a factor and a sum per channel.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct BatchNormAttributes {
  double epsilon = 1e-3;  // above 0: it also keeps a constant channel finite
  double slope = 1;       // of a leaky activation behind the normalisation; 1 is none
  template <class Visitor>
  void visit(Visitor&& field) {
    field("epsilon", epsilon), field("slope", slope);
  }
  friend bool operator==(const BatchNormAttributes&, const BatchNormAttributes&) = default;
};

struct BatchNormResult {
  Value y;               // as x
  Value mean, variance;  // (C); biased: divided by M. Without elements (M = 0) both are 0
};

// x (..., C) of f32, bf16 or f16, with two axes or more; gamma and beta (C) in f32; residual as x, or an empty Value. (With an
// x of f64, which the reference takes, all are f64.) Statistics are computed in f32 or better, whatever x is stored in.
//
// mean and variance are there to be averaged over the steps. No gradient flows through them: to ask for one is an error.
BatchNormResult batch_norm(const Value& x, const Value& gamma, const Value& beta, const BatchNormAttributes& attributes = {},
                           const Value& residual = {});

// Inputs: x, gamma, beta, and residual where there is one. Outputs: y, mean, variance.
const OpDef& batch_norm_op();

// Inputs: dy, x, gamma, beta, mean, variance. Outputs: dx, dgamma (C), dbeta (C). Which side of the activation an element was
// on is computed again from x. With dz = dy or slope dy, and xhat = (x - mean) / sqrt(variance + epsilon):
//
//   dbeta = sum(dz)    dgamma = sum(dz xhat)    dx = gamma / sqrt(variance + epsilon) (dz - dbeta / M - xhat dgamma / M)
const OpDef& batch_norm_grad_op();

}  // namespace lamina

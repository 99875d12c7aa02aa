// SPDX-License-Identifier: Apache-2.0
// Metrics by name: functions of (y_true, y_pred), averaged over all samples and steps of an epoch. Formulas are Keras
// 3's; shapes as in losses/losses.h.
#pragma once

#include <string>

#include "layers/model/metric.h"

namespace lamina::metrics {

// 1 where a number, cut at the threshold, equals y_true (0 or 1): an element each, not a sample.
Metric binary_accuracy(double threshold = 0.5);
// 1 where the largest of y_pred is in the place of the largest of y_true; of equal ones the first counts.
Metric categorical_accuracy();
Metric sparse_categorical_accuracy();  // the same for y_true of labels, i32 (batch, ...)

// 1 where fewer than k classes are above the true one: all classes tied at the border count as within.
Metric top_k_categorical_accuracy(int k = 5);
Metric sparse_top_k_categorical_accuracy(int k = 5);

Metric cosine_similarity(int axis = -1);  // without the minus sign that the loss has
Metric root_mean_squared_error();         // the root of the mean over the whole epoch

// What `Metric` holds for a loss: its values, averaged.
Metric of_loss(const Loss& loss);

}  // namespace lamina::metrics

namespace lamina {

// By the names of Keras' metrics and losses ("mae", "MeanAbsoluteError", "top_k_categorical_accuracy", ...). "accuracy"
// and "acc" are chosen by shape: binary where y_pred has one column, else categorical or sparse as y_true is. `y_true`
// is what the output's loss reads; absent, where no loss reads it, stands for labels. The metric keeps the name by
// which it was asked for. Throws for an unknown name, with the nearest.
Metric metric_from_name(const std::string& name, const TensorType& y_pred, const TensorType* y_true = nullptr);

}  // namespace lamina

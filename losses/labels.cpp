// SPDX-License-Identifier: Apache-2.0
#include "losses/labels.h"

#include "core/base/check.h"
#include "core/graph/reshape.h"
#include "kernels/gather/gather.h"

namespace lamina::losses {

TensorType label_type(const TensorType& y_pred) {
  const int rank = y_pred.shape.rank();
  LAMINA_CHECK(rank >= 1, "whole-number labels need a y_pred with an axis of classes, got a scalar");
  return {DType::i32, y_pred.shape.without_axis(rank - 1)};
}

Labels labels_of(const char* user, const Value& y_true, const Value& y_pred) {
  const int rank = y_pred.shape().rank();
  LAMINA_CHECK(rank >= 1, "[", user, "] y_pred is a scalar; it needs an axis of classes");
  const Dim& classes = y_pred.shape()[rank - 1];
  LAMINA_CHECK(classes.is_number(), "[", user, "] the number of classes must be known, y_pred has shape ",
               y_pred.shape());

  Labels result;
  result.labels = cast(y_true, DType::i32);
  const bool column = y_true.shape().rank() == rank && y_true.shape()[rank - 1] == Dim(1);
  if (column) result.labels = reshape(result.labels, y_true.shape().without_axis(rank - 1));
  LAMINA_CHECK(result.labels.shape().rank() == rank - 1, "[", user, "] labels of shape ", y_true.shape(),
               " do not go with y_pred of shape ", y_pred.shape(), ": expected one label per row of classes");

  result.hits = one_hot(result.labels, classes.number(), DType::boolean);
  result.valid = logical_and(result.labels >= 0.0, result.labels < static_cast<double>(classes.number()));
  return result;
}

}  // namespace lamina::losses

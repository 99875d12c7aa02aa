// SPDX-License-Identifier: Apache-2.0
// From what the user gives as x, y and sample_weight to batches by name: forms, names, types, ranks. Every message says
// which input or output is meant.
#pragma once

#include <map>

#include "core/compile/bind_losses.h"
#include "core/data/batch.h"
#include "layers/model/network.h"
#include "layers/model/tensors.h"

namespace lamina {

inline constexpr int64_t kDefaultBatchSize = 32;

// x alone: by input name, cast to the inputs' types, (N) seen as (N, 1) where the input has a last axis of one. Throws
// where an input has no data; extra names are ignored.
TensorMap inputs_by_name(const Network& network, const Tensors& x);

// y for the outputs that read it (`bindings`: by loss or metric); other outputs need none and what is given for them is
// dropped. A list has one tensor per output, per output with a loss, or per output that reads y.
TensorMap targets_by_name(const std::vector<LossBinding>& bindings, const Tensors& y);

// One array for all trained outputs, a list with one per output, or by name.
TensorMap sample_weights_by_name(const std::vector<LossBinding>& bindings, const Tensors& weights);

// All three, with the numbers of samples checked.
Batch batch_of(const Network& network, const std::vector<LossBinding>& bindings, const Tensors& x, const Tensors& y,
               const Tensors& sample_weight);

// Throws where class weights are given for several outputs.
void check_class_weight(const std::vector<LossBinding>& bindings, const std::map<int, double>& class_weight);

// Weights of the samples of the one output's labels (whole numbers, or one-hot), multiplied into what is there.
void apply_class_weight(Batch& batch, const std::vector<LossBinding>& bindings, const std::map<int, double>& class_weight);

// Throws, in Keras' words, where what belongs to tensors was given with a Dataset.
void refuse_with_dataset(bool given, const char* argument, const char* description);

// The feed of a step: inputs, "<output>/target" and "<output>/sample_weight".
TensorMap feed_of(const Batch& batch);

// The same conversions for a batch that a Dataset made (types and ranks; names are already right).
Batch conformed(const Network& network, const std::vector<LossBinding>& bindings, Batch batch);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// What a step is fed: tensors by name, the samples along axis 0.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/tensor/host_tensor.h"

namespace lamina {

using TensorMap = std::map<std::string, HostTensor>;

struct Batch {
  TensorMap inputs;          // by input name
  TensorMap targets;         // by output name; outputs of which nothing reads y may be absent
  TensorMap sample_weights;  // by output name; (samples) or (samples, steps), f32
  int64_t samples = 0;
};

// A source of batches that can be gone through more than once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual void start_epoch(int64_t epoch) = 0;  // 0-based; decides the order of samples
  virtual std::optional<Batch> next() = 0;      // empty at the end of the epoch
  virtual std::optional<int64_t> batches() const { return std::nullopt; }  // per epoch, where known
};

}  // namespace lamina

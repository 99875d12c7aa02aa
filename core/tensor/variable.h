// SPDX-License-Identifier: Apache-2.0
// State that outlives a step: a weight, a moving statistic, an optimizer slot. Graphs read it by a `variable` leaf and
// write it by an update; models that share a layer share its variables.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/runtime/device.h"
#include "core/tensor/host_tensor.h"

namespace lamina {

class Value;  // core/graph/value.h

class Variable {
 public:
  Variable(std::string name, DType dtype, Extents extents, bool trainable)
      : name(std::move(name)), dtype(dtype), extents(extents), trainable(trainable) {}

  std::string name;  // "kernel"; the model prefixes the layer's path: "dense/kernel"
  const DType dtype;
  const Extents extents;
  bool trainable;
  bool is_state = false;  // the state of a stateful layer: zeroed by reset_states, not trained

  // Adds a penalty of this variable to the loss (a scalar), or is absent.
  std::function<Value(const Value&)> regularizer;

  // Makes the first contents from a seed; called when nothing was assigned before the variable is placed.
  std::function<HostTensor(uint64_t seed)> initializer;

  bool is_set() const { return set_; }
  HostTensor read() const;                  // throws unless set
  void assign(const HostTensor& contents);  // throws where shape or dtype differ, naming both

  // Moves the contents to `device`, if they are elsewhere, and returns where they are. Throws unless set.
  void* place(const std::shared_ptr<Device>& device);

  int64_t count() const { return extents.count(); }

 private:
  HostTensor host_;   // the contents while on no device
  Buffer on_device_;
  bool set_ = false;
};

}  // namespace lamina

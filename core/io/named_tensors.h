// SPDX-License-Identifier: Apache-2.0
// What a file of weights or arrays holds: tensors by name in the order of the file, and free text about them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/host_tensor.h"

namespace lamina {

struct NamedTensor {
  std::string name;
  HostTensor tensor;
};

struct NamedTensors {
  std::vector<NamedTensor> tensors;             // names are unique in whatever a reader returns
  std::map<std::string, std::string> metadata;  // safetensors only; npz has no place for it

  const HostTensor* find(std::string_view name) const;  // nullptr if absent; O(number of tensors)
  const HostTensor& at(std::string_view name) const;    // throws ErrorKind::model with the nearest name
  std::vector<std::string> names() const;
};

}  // namespace lamina

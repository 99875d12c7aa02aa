// SPDX-License-Identifier: Apache-2.0
#include "core/io/named_tensors.h"

#include "core/io/untrusted_text.h"

namespace lamina {

const HostTensor* NamedTensors::find(std::string_view name) const {
  for (const NamedTensor& entry : tensors) {
    if (entry.name == name) return &entry.tensor;
  }
  return nullptr;
}

const HostTensor& NamedTensors::at(std::string_view name) const {
  const HostTensor* tensor = find(name);
  LAMINA_CHECK(tensor != nullptr, "no tensor ", in_quotes(name), " among the ", tensors.size(), " of the file",
               printable(did_you_mean(name, names())));
  return *tensor;
}

std::vector<std::string> NamedTensors::names() const {
  std::vector<std::string> all;
  all.reserve(tensors.size());
  for (const NamedTensor& entry : tensors) all.push_back(entry.name);
  return all;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// What may stand for x, y and sample_weight: nothing, one tensor, a list in the model's order, or tensors by name.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/data/batch.h"

namespace lamina {

class Tensors {
 public:
  enum class Form { none, one, list, dict };
  using Named = std::pair<std::string, HostTensor>;

  Tensors() = default;
  Tensors(HostTensor tensor) : form_(Form::one) { entries_.emplace_back("", std::move(tensor)); }  // NOLINT
  Tensors(std::vector<HostTensor> list) : form_(Form::list) {                                     // NOLINT
    for (HostTensor& tensor : list) entries_.emplace_back("", std::move(tensor));
  }
  Tensors(std::initializer_list<HostTensor> list) : Tensors(std::vector<HostTensor>(list)) {}
  Tensors(std::initializer_list<Named> dict) : form_(Form::dict), entries_(dict) {}
  Tensors(TensorMap dict) : form_(Form::dict) {  // NOLINT
    for (auto& [name, tensor] : dict) entries_.emplace_back(name, std::move(tensor));
  }

  Form form() const { return form_; }
  bool empty() const { return form_ == Form::none; }
  const std::vector<Named>& entries() const { return entries_; }

 private:
  Form form_ = Form::none;
  std::vector<Named> entries_;
};

}  // namespace lamina

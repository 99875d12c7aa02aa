// SPDX-License-Identifier: Apache-2.0
// The ops that a program knows, with their implementations and cases: a value that kernels::all_ops() makes and that is
// handed to compile. Not a singleton, so that an app adds an op of its own to its own copy.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/op/kernel_impl.h"
#include "core/op/op_case.h"
#include "core/op/op_def.h"

namespace lamina {

class OpRegistry {
 public:
  struct Entry {
    const OpDef* op = nullptr;
    std::vector<KernelImpl> impls;            // all devices; per device in order of preference
    std::vector<OpCase> (*cases)() = nullptr; // may be null for an op that only other ops' gradients make
  };

  // Throws where the name is taken. Implementations of other devices are appended by add_impls.
  void add(const OpDef& op, std::span<const KernelImpl> impls, std::vector<OpCase> (*cases)());
  void add_impls(std::span<const KernelImpl> impls);  // each names its op, which must have been added

  const Entry& at(std::string_view op) const;  // throws, naming the nearest op
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  std::vector<const KernelImpl*> impls(std::string_view op, DeviceKind device) const;

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_registry.h"

#include "core/base/check.h"

namespace lamina {

OpCost cost_of(const OpDef& op, const Attributes& attributes, std::span<const TensorType> inputs,
               std::span<const TensorType> outputs) {
  OpCost cost;
  if (op.flops) cost.flops = op.flops(attributes, inputs, outputs);
  for (const auto types : {inputs, outputs}) {
    for (const TensorType& type : types) {
      cost.bytes += static_cast<double>(type.shape.extents().count()) * static_cast<double>(size_of(type.dtype));
    }
  }
  return cost;
}

void OpRegistry::add(const OpDef& op, std::span<const KernelImpl> impls, std::vector<OpCase> (*cases)()) {
  LAMINA_CHECK(!entries_.contains(op.name), "op '", op.name, "' is registered twice");
  entries_[op.name] = Entry{&op, {}, cases};
  add_impls(impls);
}

void OpRegistry::add_impls(std::span<const KernelImpl> impls) {
  for (const KernelImpl& impl : impls) {
    const auto entry = entries_.find(impl.op);
    LAMINA_CHECK(entry != entries_.end(), "implementation '", impl.full_name(), "' names an op that is not registered");
    for (const KernelImpl& other : entry->second.impls) {
      LAMINA_CHECK(other.full_name() != impl.full_name(), "implementation '", impl.full_name(), "' is registered twice");
    }
    entry->second.impls.push_back(impl);
  }
}

const OpRegistry::Entry& OpRegistry::at(std::string_view op) const {
  const auto entry = entries_.find(op);
  if (entry == entries_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : entries_) names.push_back(name);
    throw Error(ErrorKind::model, text("no op '", op, "' is registered", did_you_mean(op, names)));
  }
  return entry->second;
}

std::vector<const KernelImpl*> OpRegistry::impls(std::string_view op, DeviceKind device) const {
  std::vector<const KernelImpl*> found;
  for (const KernelImpl& impl : at(op).impls) {
    if (impl.device == device) found.push_back(&impl);
  }
  return found;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "core/base/text.h"
#include "core/plan/plan.h"

namespace lamina {
namespace {

std::string argument_text(const Plan& plan, const Argument& argument) {
  return text(plan.slots[static_cast<size_t>(argument.slot)].name, ":", argument.dtype, argument.extents);
}

std::string arguments_text(const Plan& plan, const std::vector<Argument>& arguments) {
  std::vector<std::string> parts;
  for (const Argument& argument : arguments) parts.push_back(argument_text(plan, argument));
  return join(parts);
}

std::string_view kind_name(Slot::Kind kind) {
  switch (kind) {
    case Slot::Kind::arena: return "arena";
    case Slot::Kind::input: return "input";
    case Slot::Kind::constant: return "constant";
    case Slot::Kind::variable: break;
  }
  return "variable";
}

}  // namespace

void print_plan(const Plan& plan, std::ostream& out) {
  out << "plan for " << plan.device << ": " << plan.steps.size() << " steps, arena " << with_thousands(static_cast<long long>(plan.arena_bytes))
      << " bytes (" << with_thousands(static_cast<long long>(plan.unshared_bytes)) << " without sharing)\n";
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    out << "  " << i << "  " << step.impl.full_name() << "  # " << step.name << "\n";
    out << "      " << arguments_text(plan, step.outputs) << " <- " << arguments_text(plan, step.inputs) << "\n";
    const std::string attributes = step.attributes.to_string();
    if (!attributes.empty()) out << "      {" << attributes << "}\n";
    for (const Refusal& refusal : step.refusals) out << "      not " << refusal.impl << ": " << refusal.reason << "\n";
  }
}

void print_memory_plan(const Plan& plan, std::ostream& out) {
  out << "slot kind bytes offset first last name\n";
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const Slot& slot = plan.slots[i];
    out << i << " " << kind_name(slot.kind) << " " << slot.bytes << " ";
    if (slot.kind == Slot::Kind::arena) {
      out << slot.offset << " " << slot.first_step << " " << slot.last_step;
    } else {
      out << "- - -";
    }
    out << " " << slot.name << "\n";
  }
}

}  // namespace lamina

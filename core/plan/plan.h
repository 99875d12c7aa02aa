// SPDX-License-Identifier: Apache-2.0
// A compiled step: a flat list of kernel launches over slots of memory. Immutable and printable; made by emit_plan,
// walked by exec/executor without looking anything up.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "core/op/kernel_impl.h"
#include "core/op/op_def.h"
#include "core/tensor/host_tensor.h"

namespace lamina {

class Variable;  // core/tensor/variable.h; the plan only carries it

// A piece of memory that holds one tensor while it is needed.
struct Slot {
  enum class Kind {
    arena,     // at `offset` of the plan's one arena, from first_step to last_step
    input,     // filled by the executor before the step; a buffer of its own, so that its address is stable
    constant,  // uploaded once
    variable,  // belongs to a Variable
  };
  Kind kind = Kind::arena;
  std::string name;
  size_t bytes = 0;
  size_t offset = 0;     // arena only; a multiple of 256
  int first_step = 0;    // arena only: the step that writes it first
  int last_step = 0;     // arena only: the last step that touches it; the number of steps where it is fetched
  std::shared_ptr<Variable> variable = nullptr;
  std::shared_ptr<const HostTensor> constant = nullptr;
};

// A tensor argument of a step: a slot seen under a type (a reshape is a second view of one slot).
struct Argument {
  int slot = -1;
  DType dtype = DType::f32;
  Extents extents;
};

// An implementation that was asked before the chosen one, and why it declined.
struct Refusal {
  std::string impl;
  std::string reason;
};

struct Step {
  std::string name;
  const OpDef* op = nullptr;
  Attributes attributes;
  KernelImpl impl;
  Prepared prepared;
  std::vector<Refusal> refusals;
  std::vector<Argument> inputs;
  std::vector<Argument> outputs;
  int workspace_slot = -1;
  OpCost cost;
};

struct Binding {
  std::string name;
  Argument argument;
};

struct Plan {
  DeviceKind device = DeviceKind::cpu;
  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<Binding> inputs;   // by name, filled before the step
  std::vector<Binding> outputs;  // by name, fetched after the step
  size_t arena_bytes = 0;
  size_t unshared_bytes = 0;     // what the arena's slots would take without sharing
};

// The steps with their implementations and the refusals before them, then the memory plan.
void print_plan(const Plan& plan, std::ostream& out);
void print_memory_plan(const Plan& plan, std::ostream& out);  // one line a slot: name, bytes, offset, first and last step

}  // namespace lamina

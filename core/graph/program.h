// SPDX-License-Identifier: Apache-2.0
// A program of scalar functions, run once per element: what a `pointwise` node does, and what a `reduce` node does
// before it reduces. Registers are written once: first the inputs, then the constants, then one per instruction.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

namespace lamina {

enum class ScalarFunction : uint8_t {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) name,
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
};

enum class ScalarDomain : uint8_t { number, real, compare, logic, select };

struct ScalarInfo {
  std::string_view name;
  int arity;
  ScalarDomain domain;
};

const ScalarInfo& info_of(ScalarFunction function);
int scalar_function_count();

using Register = uint16_t;

struct Instruction {
  ScalarFunction function;
  std::array<Register, 3> operands{};  // the first `arity` count
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

struct Program {
  int inputs = 0;
  std::vector<double> constants;
  std::vector<Instruction> instructions;
  std::vector<Register> results;  // the registers that become outputs, one per output

  int registers() const { return inputs + static_cast<int>(constants.size() + instructions.size()); }
  Register first_instruction() const { return static_cast<Register>(inputs + static_cast<int>(constants.size())); }
  bool is_copy() const { return instructions.empty() && results.size() == 1 && inputs == 1; }

  static Program single(ScalarFunction function);  // inputs in order, one result
  static Program identity();                       // one input, which is the result

  friend bool operator==(const Program&, const Program&) = default;
};

std::ostream& operator<<(std::ostream& out, const Program& program);  // "r2=exp(r0); r3=add(r2,r1) -> r3"

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/graph/program_builder.h"

#include <bit>

#include "core/base/check.h"

namespace lamina {

ProgramBuilder::OperandId ProgramBuilder::add(Kind kind, int index) {
  entries_.push_back({kind, index});
  return static_cast<OperandId>(entries_.size()) - 1;
}

ProgramBuilder::OperandId ProgramBuilder::add_input() { return add(Kind::input, inputs_++); }

ProgramBuilder::OperandId ProgramBuilder::add_constant(double number) {
  for (size_t i = 0; i < constants_.size(); ++i) {
    // By bits: +0 and -0 are two constants, and a NaN is one.
    if (std::bit_cast<uint64_t>(constants_[i]) == std::bit_cast<uint64_t>(number)) return add(Kind::constant, static_cast<int>(i));
  }
  constants_.push_back(number);
  return add(Kind::constant, static_cast<int>(constants_.size()) - 1);
}

ProgramBuilder::OperandId ProgramBuilder::add_instruction(ScalarFunction function, std::span<const OperandId> operands) {
  LAMINA_ASSERT(static_cast<int>(operands.size()) == info_of(function).arity, info_of(function).name);
  Pending pending{function, {}};
  for (size_t i = 0; i < operands.size(); ++i) pending.operands[i] = operands[i];
  instructions_.push_back(pending);
  return add(Kind::instruction, static_cast<int>(instructions_.size()) - 1);
}

std::vector<ProgramBuilder::OperandId> ProgramBuilder::inline_program(const Program& program,
                                                                      std::span<const OperandId> inputs) {
  LAMINA_ASSERT(static_cast<int>(inputs.size()) == program.inputs);
  std::vector<OperandId> registers(inputs.begin(), inputs.end());
  for (const double constant : program.constants) registers.push_back(add_constant(constant));
  for (const Instruction& instruction : program.instructions) {
    std::vector<OperandId> operands;
    for (int k = 0; k < info_of(instruction.function).arity; ++k) {
      operands.push_back(registers[instruction.operands[static_cast<size_t>(k)]]);
    }
    registers.push_back(add_instruction(instruction.function, operands));
  }
  std::vector<OperandId> results;
  for (const Register result : program.results) results.push_back(registers[result]);
  return results;
}

Program ProgramBuilder::finish(std::span<const OperandId> results) const {
  Program program;
  program.inputs = inputs_;
  program.constants = constants_;
  const auto number = [&](OperandId operand) {
    const Entry& entry = entries_[static_cast<size_t>(operand)];
    switch (entry.kind) {
      case Kind::input: return static_cast<Register>(entry.index);
      case Kind::constant: return static_cast<Register>(program.inputs + entry.index);
      case Kind::instruction: break;
    }
    return static_cast<Register>(program.first_instruction() + entry.index);
  };
  for (const Pending& pending : instructions_) {
    Instruction instruction{pending.function, {}};
    for (int k = 0; k < info_of(pending.function).arity; ++k) {
      instruction.operands[static_cast<size_t>(k)] = number(pending.operands[static_cast<size_t>(k)]);
    }
    program.instructions.push_back(instruction);
  }
  for (const OperandId result : results) program.results.push_back(number(result));
  return program;
}

}  // namespace lamina

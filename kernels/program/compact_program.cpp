// SPDX-License-Identifier: Apache-2.0
#include "kernels/program/compact_program.h"

#include <algorithm>

#include "core/base/check.h"

namespace lamina {

const char* too_large(const Program& program) {
  using Limits = CompactProgram;
  if (program.instructions.size() > Limits::kMaxInstructions) return "more than 40 instructions";
  if (program.inputs > Limits::kMaxInputs) return "more than 12 inputs";
  if (program.results.size() > Limits::kMaxOutputs) return "more than 8 outputs";
  if (program.constants.size() > Limits::kMaxConstants) return "more than 40 constants";
  return "";
}

CompactProgram compact(const Program& program) {
  LAMINA_ASSERT(*too_large(program) == '\0', too_large(program));
  const int first_constant = program.inputs, first_instruction = program.first_instruction();
  const int count = program.registers(), end = static_cast<int>(program.instructions.size());

  // The last instruction that reads each register; `end` for results.
  std::vector<int> last_use(static_cast<size_t>(count), -1);
  for (int i = 0; i < end; ++i) {
    const Instruction& instruction = program.instructions[static_cast<size_t>(i)];
    for (int k = 0; k < info_of(instruction.function).arity; ++k) last_use[instruction.operands[static_cast<size_t>(k)]] = i;
  }
  for (const Register result : program.results) last_use[result] = end;

  CompactProgram compacted;
  compacted.inputs = program.inputs;
  compacted.outputs = static_cast<int32_t>(program.results.size());
  compacted.instructions = end;
  compacted.constant_count = static_cast<int32_t>(program.constants.size());
  std::copy(program.constants.begin(), program.constants.end(), compacted.constants);

  std::vector<int> place(static_cast<size_t>(count), 0);
  std::vector<bool> used(CompactProgram::kMaxRegisters, false);
  const auto take = [&] {
    const auto free = std::find(used.begin(), used.end(), false);
    LAMINA_ASSERT(free != used.end(), "out of registers");
    *free = true;
    const int at = static_cast<int>(free - used.begin());
    compacted.registers = std::max(compacted.registers, at + 1);
    return at;
  };
  for (int i = 0; i < program.inputs; ++i) {
    place[static_cast<size_t>(i)] = take();
    compacted.input_register[i] = static_cast<uint8_t>(place[static_cast<size_t>(i)]);
  }
  for (int i = first_constant; i < first_instruction; ++i) {
    place[static_cast<size_t>(i)] = CompactProgram::kFirstConstant + i - first_constant;
  }
  for (int i = 0; i < end; ++i) {
    const Instruction& instruction = program.instructions[static_cast<size_t>(i)];
    CompactProgram::Op& op = compacted.op[i];
    op.function = instruction.function;
    const int arity = info_of(instruction.function).arity;
    for (int k = 0; k < 3; ++k) {
      op.operands[k] = static_cast<uint8_t>(place[instruction.operands[static_cast<size_t>(k < arity ? k : 0)]]);
    }
    for (int k = 0; k < arity; ++k) {
      const Register read = instruction.operands[static_cast<size_t>(k)];
      const bool is_constant = read >= first_constant && read < first_instruction;
      if (!is_constant && last_use[read] == i) used[static_cast<size_t>(place[read])] = false;
    }
    const auto made = static_cast<size_t>(first_instruction + i);
    place[made] = take();
    op.target = static_cast<uint8_t>(place[made]);
    if (last_use[made] < 0) used[static_cast<size_t>(place[made])] = false;  // nobody reads it
  }
  for (size_t i = 0; i < program.results.size(); ++i) {
    compacted.result[i] = static_cast<uint8_t>(place[program.results[i]]);
  }
  return compacted;
}

}  // namespace lamina

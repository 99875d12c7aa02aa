// SPDX-License-Identifier: Apache-2.0
// Puts programs together: operands are numbered as they come and become registers at the end, when the numbers of
// inputs and constants are known.
#pragma once

#include <span>
#include <vector>

#include "core/graph/program.h"

namespace lamina {

class ProgramBuilder {
 public:
  using OperandId = int;

  OperandId add_input();
  OperandId add_constant(double number);  // equal constants share one
  OperandId add_instruction(ScalarFunction function, std::span<const OperandId> operands);
  std::vector<OperandId> inline_program(const Program& program, std::span<const OperandId> inputs);  // its results

  size_t instruction_count() const { return instructions_.size(); }
  Program finish(std::span<const OperandId> results) const;

 private:
  enum class Kind { input, constant, instruction };
  struct Entry {
    Kind kind;
    int index;
  };
  struct Pending {
    ScalarFunction function;
    std::array<OperandId, 3> operands;
  };

  OperandId add(Kind kind, int index);

  std::vector<Entry> entries_;
  int inputs_ = 0;
  std::vector<double> constants_;
  std::vector<Pending> instructions_;
};

}  // namespace lamina

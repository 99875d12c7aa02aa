// SPDX-License-Identifier: Apache-2.0
#include "core/graph/program.h"

#include <ostream>

#include "core/base/check.h"

namespace lamina {
namespace {

constexpr ScalarInfo kInfo[] = {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) {#name, arity, ScalarDomain::domain},
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
};

}  // namespace

const ScalarInfo& info_of(ScalarFunction function) { return kInfo[static_cast<size_t>(function)]; }

int scalar_function_count() { return static_cast<int>(std::size(kInfo)); }

Program Program::single(ScalarFunction function) {
  Program program;
  program.inputs = info_of(function).arity;
  program.instructions = {{function, {0, 1, 2}}};
  for (int i = program.inputs; i < 3; ++i) program.instructions[0].operands[static_cast<size_t>(i)] = 0;
  program.results = {static_cast<Register>(program.inputs)};
  return program;
}

Program Program::identity() {
  Program program;
  program.inputs = 1;
  program.results = {0};
  return program;
}

std::ostream& operator<<(std::ostream& out, const Program& program) {
  const auto operand = [&](Register r) {
    const int constant = r - program.inputs;
    if (constant >= 0 && constant < static_cast<int>(program.constants.size())) {
      return text(program.constants[static_cast<size_t>(constant)]);
    }
    return text("r", r);
  };
  for (size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i];
    const ScalarInfo& info = info_of(instruction.function);
    out << "r" << program.first_instruction() + i << "=" << info.name << "(";
    for (int k = 0; k < info.arity; ++k) out << (k ? "," : "") << operand(instruction.operands[static_cast<size_t>(k)]);
    out << "); ";
  }
  out << "->";
  for (const Register result : program.results) out << " " << operand(result);
  return out;
}

}  // namespace lamina

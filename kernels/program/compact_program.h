// SPDX-License-Identifier: Apache-2.0
// A program as the interpreters run it: plain data of fixed size (a kernel takes it by value), with as few registers as
// lifetimes allow, because registers are memory there. Operands below kFirstConstant are registers, above it constants.
#pragma once

#include <cstdint>

#include "core/graph/program.h"

namespace lamina {

struct CompactProgram {
  static constexpr int kMaxInstructions = 40;
  static constexpr int kMaxInputs = 12;
  static constexpr int kMaxOutputs = 8;
  static constexpr int kMaxConstants = 40;
  static constexpr int kMaxRegisters = 64;
  static constexpr int kFirstConstant = 128;

  struct Op {
    ScalarFunction function;
    uint8_t target;
    uint8_t operands[3];
  };

  int32_t inputs = 0;
  int32_t outputs = 0;
  int32_t instructions = 0;
  int32_t registers = 0;
  int32_t constant_count = 0;
  uint8_t input_register[kMaxInputs] = {};   // inputs are loaded before the first instruction
  uint8_t result[kMaxOutputs] = {};          // a register or a constant
  Op op[kMaxInstructions] = {};
  double constants[kMaxConstants] = {};
};

// Whether a program is within the limits above ("" or the reason why not).
const char* too_large(const Program& program);

CompactProgram compact(const Program& program);  // throws where it is too large

}  // namespace lamina

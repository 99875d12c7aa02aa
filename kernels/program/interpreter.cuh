// SPDX-License-Identifier: Apache-2.0
// The register-program interpreter of sim and cuda, device only. A thread's registers lie in dynamic shared memory,
// register r of thread t at [r * blockDim + t]: no bank conflicts, no barrier, because no thread reads another's.
#pragma once

#include "core/simt/simt.h"
#include "kernels/program/compact_program.h"
#include "kernels/program/scalar.h"

namespace lamina::SIMT_BACKEND {

// The registers of one thread. T is float or int32_t.
template <class T>
class ThreadRegisters {
 public:
  __device__ ThreadRegisters(T* shared, const CompactProgram& program) : mine_(shared + threadIdx.x), program_(program) {}

  __device__ T& operator[](int reg) { return mine_[reg * static_cast<int>(blockDim.x)]; }

  // A register or a constant.
  __device__ T read(int operand) {
    return operand < CompactProgram::kFirstConstant ? (*this)[operand]
                                                    : static_cast<T>(program_.constants[operand - CompactProgram::kFirstConstant]);
  }

  __device__ void run() {
    for (int i = 0; i < program_.instructions; ++i) {
      const CompactProgram::Op op = program_.op[i];
      (*this)[op.target] = evaluate<T>(op.function, read(op.operands[0]), read(op.operands[1]), read(op.operands[2]));
    }
  }

 private:
  T* mine_;
  const CompactProgram& program_;
};

inline size_t register_bytes(const CompactProgram& program, int threads) {
  return static_cast<size_t>(program.registers > 0 ? program.registers : 1) * static_cast<size_t>(threads) * 4;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// The register-program interpreter of sim and cuda, device only. A thread's registers lie in dynamic shared memory,
// register r of thread t at [r * blockDim + t]: no bank conflicts, no barrier, because no thread reads another's.
#pragma once

#include "core/base/dtype.h"
#include "core/simt/simt.h"
#include "kernels/pointwise/broadcast.h"
#include "kernels/pointwise/compact_program.h"
#include "kernels/pointwise/scalar.h"

namespace lamina::SIMT_BACKEND {

struct Operand {
  const void* data;
  DType dtype;
};

struct Result {
  void* data;
  DType dtype;
};

template <class T>
__device__ inline T load_as(Operand operand, int64_t at) {
  switch (operand.dtype) {
    case DType::f32: return convert<T>(static_cast<const float*>(operand.data)[at]);
    case DType::bf16: return convert<T>(static_cast<const bf16*>(operand.data)[at]);
    case DType::f16: return convert<T>(static_cast<const f16*>(operand.data)[at]);
    case DType::i32: return convert<T>(static_cast<const int32_t*>(operand.data)[at]);
    default: return convert<T>(static_cast<const uint8_t*>(operand.data)[at]);  // u8 and bool
  }
}

template <class T>
__device__ inline void store_as(Result result, int64_t at, T value) {
  switch (result.dtype) {
    case DType::f32: static_cast<float*>(result.data)[at] = convert<float>(value); break;
    case DType::bf16: static_cast<bf16*>(result.data)[at] = convert<bf16>(value); break;
    case DType::f16: static_cast<f16*>(result.data)[at] = convert<f16>(value); break;
    case DType::i32: static_cast<int32_t*>(result.data)[at] = convert<int32_t>(value); break;
    case DType::u8: static_cast<uint8_t*>(result.data)[at] = convert<uint8_t>(value); break;
    default: static_cast<uint8_t*>(result.data)[at] = value != T(0) ? 1 : 0; break;  // bool
  }
}

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

// SPDX-License-Identifier: Apache-2.0
// Memory whose element type is known at run time only: a kernel that is bound by memory or has few variants converts as
// it loads and stores, instead of being compiled once for each type.
#pragma once

#include "core/base/dtype.h"
#include "core/simt/simt.h"

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

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// An epilogue as a kernel's argument, and what it makes of one sum.
#pragma once

#include "kernels/device/typed_memory.cuh"
#include "kernels/epilogue/epilogue.h"

namespace lamina::SIMT_BACKEND {

struct EpilogueArgs {
  const float* scale;  // (C); each null where absent
  const float* shift;  // (C)
  Operand residual;    // as y
  float slope;

  __device__ bool is_none() const { return !scale && !shift && !residual.data && slope == 1.0f; }
};

inline EpilogueArgs epilogue_args(const Epilogue& epilogue, std::span<const TensorView> inputs, size_t own) {
  const EpiloguePlaces at = epilogue_places(epilogue, own);
  return {epilogue.scale ? inputs[at.scale].as<float>() : nullptr, epilogue.shift ? inputs[at.shift].as<float>() : nullptr,
          epilogue.residual ? Operand{inputs[at.residual].data, inputs[at.residual].dtype} : Operand{nullptr, DType::f32},
          static_cast<float>(epilogue.slope)};
}

// y's element number `at`, which is of `channel`.
__device__ inline float finished(const EpilogueArgs& epilogue, float sum, int channel, int64_t at) {
  if (epilogue.scale) sum *= epilogue.scale[channel];
  if (epilogue.shift) sum += epilogue.shift[channel];
  if (epilogue.slope != 1.0f && sum < 0.0f) sum = epilogue.slope == 0.0f ? 0.0f : sum * epilogue.slope;  // NaN stays
  if (epilogue.residual.data) sum += load_as<float>(epilogue.residual, at);
  return sum;
}

}  // namespace lamina::SIMT_BACKEND

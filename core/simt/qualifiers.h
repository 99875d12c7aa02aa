// SPDX-License-Identifier: Apache-2.0
// Qualifiers and the built-in indices, for the copy that the host compiler makes; nvcc has them built in. Also what
// both copies lack: SIMT_DYNAMIC_SHARED, SIMT_ASSERT and kDevice.
#pragma once

#include "core/runtime/device.h"

#ifndef SIMT_BACKEND
#error "compile a .cu through cmake/sim_kernels or cmake/cuda_kernels: they define SIMT_BACKEND"
#endif

#ifdef __CUDACC__

// `name` points to the dynamic shared memory of the block, aligned to 128 bytes.
#define SIMT_DYNAMIC_SHARED(type, name)                                         \
  extern __shared__ __align__(128) unsigned char lamina_dynamic_shared_bytes[]; \
  type* const name = reinterpret_cast<type*>(lamina_dynamic_shared_bytes)

// Holds or the launch ends with a fault. Unlike assert() it stays in release builds, so keep it out of inner loops.
#define SIMT_ASSERT(condition)  \
  do {                          \
    if (!(condition)) __trap(); \
  } while (false)

#else

#include "core/runtime/sim/kernel_interface.h"

#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(bytes) __attribute__((aligned(bytes)))

// A block runs on one OS thread from start to end, so thread_local is what a block shares. constinit turns a type with
// a guarded constructor into a compile error; the guard would be a false race. Alignment is said by __align__.
#define __shared__ static constinit thread_local

// Tables that kernels read: they lie in read-only memory, which the checker lets kernels read. Always initialised, and
// written without a const of their own.
#define __constant__ static const

// Scalars rather than one struct, so that the optimiser keeps them in registers (the functions are pure).
#define threadIdx \
  (::lamina::simt::uint3{::lamina::simt::thread_x(), ::lamina::simt::thread_y(), ::lamina::simt::thread_z()})
#define blockIdx \
  (::lamina::simt::uint3{::lamina::simt::block_x(), ::lamina::simt::block_y(), ::lamina::simt::block_z()})
#define blockDim \
  (::lamina::simt::dim3{::lamina::simt::block_size_x(), ::lamina::simt::block_size_y(), ::lamina::simt::block_size_z()})
#define gridDim \
  (::lamina::simt::dim3{::lamina::simt::grid_size_x(), ::lamina::simt::grid_size_y(), ::lamina::simt::grid_size_z()})
#define warpSize 32

#define SIMT_DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(::lamina::simt::dynamic_shared())

#define SIMT_ASSERT(condition)                                      \
  do {                                                              \
    if (!(condition)) ::lamina::simt::assertion_failed(#condition); \
  } while (false)

#endif

namespace lamina::SIMT_BACKEND {

// The device that this copy of the file is for.
#ifdef __CUDACC__
inline constexpr DeviceKind kDevice = DeviceKind::cuda;
#else
inline constexpr DeviceKind kDevice = DeviceKind::sim;
#endif

}  // namespace lamina::SIMT_BACKEND

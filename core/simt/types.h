// SPDX-License-Identifier: Apache-2.0
// Vector types of the device language for the host copy, with the sizes and alignments that nvcc gives them, so that a
// 16-byte access is one access on both sides. nvcc brings its own; the host copy never includes a toolkit header.
#pragma once

#include "core/base/half.h"

#ifndef __CUDACC__

#include "core/runtime/sim/dim3.h"

namespace lamina::simt {

// One store of the whole value, as the device makes it: the compiler would write the members of make_float4(...) one by
// one, and a misaligned or racing vector store would look like four harmless ones.
#define LAMINA_WHOLE_STORE(Type)                                               \
  __attribute__((always_inline)) Type& operator=(const Type& other) {          \
    typedef int Whole __attribute__((vector_size(sizeof(Type)), may_alias));   \
    *reinterpret_cast<Whole*>(this) = *reinterpret_cast<const Whole*>(&other); \
    return *this;                                                              \
  }

struct alignas(8) float2 {
  float x, y;
  LAMINA_WHOLE_STORE(float2)
};
struct float3 {
  float x, y, z;
};
struct alignas(16) float4 {
  float x, y, z, w;
  LAMINA_WHOLE_STORE(float4)
};
struct alignas(8) int2 {
  int x, y;
  LAMINA_WHOLE_STORE(int2)
};
struct int3 {
  int x, y, z;
};
struct alignas(16) int4 {
  int x, y, z, w;
  LAMINA_WHOLE_STORE(int4)
};
struct alignas(8) uint2 {
  unsigned x, y;
  LAMINA_WHOLE_STORE(uint2)
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
  LAMINA_WHOLE_STORE(uint4)
};
struct alignas(2) uchar2 {
  unsigned char x, y;
};
struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
struct alignas(4) ushort2 {
  unsigned short x, y;
};
struct alignas(8) ushort4 {
  unsigned short x, y, z, w;
  LAMINA_WHOLE_STORE(ushort4)
};
struct alignas(16) double2 {
  double x, y;
  LAMINA_WHOLE_STORE(double2)
};

constexpr float2 make_float2(float x, float y) { return {x, y}; }
constexpr float3 make_float3(float x, float y, float z) { return {x, y, z}; }
constexpr float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
constexpr int2 make_int2(int x, int y) { return {x, y}; }
constexpr int3 make_int3(int x, int y, int z) { return {x, y, z}; }
constexpr int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
constexpr uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
constexpr uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
constexpr uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
constexpr uchar2 make_uchar2(unsigned char x, unsigned char y) { return {x, y}; }
constexpr uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) {
  return {x, y, z, w};
}
constexpr ushort2 make_ushort2(unsigned short x, unsigned short y) { return {x, y}; }
constexpr ushort4 make_ushort4(unsigned short x, unsigned short y, unsigned short z, unsigned short w) {
  return {x, y, z, w};
}
constexpr double2 make_double2(double x, double y) { return {x, y}; }

#undef LAMINA_WHOLE_STORE

}  // namespace lamina::simt

namespace lamina::SIMT_BACKEND {
using namespace lamina::simt;  // NOLINT: the vocabulary of a .cu, named without qualification as in the device language
}

#endif

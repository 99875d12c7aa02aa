// SPDX-License-Identifier: Apache-2.0
// Warp-wide matrix products on tensor cores (PTX mma.sync, sm_80) and the loads that feed them, with both meanings side
// by side. All 32 lanes call together. Layouts are those of the PTX manual, "Matrix fragments": with g = lane / 4 and
// t = lane % 4,
//   d, c (16 x 8 f32)      d[0..1] at row g,  columns 2t, 2t + 1;   d[2..3] the same at row g + 8
//   m16n8k16 bf16          a[0] row g columns 2t, 2t+1;  a[1] row g+8;  a[2] row g columns 2t+8, +9;  a[3] row g+8
//   those
//                          b[0] rows 2t, 2t+1 of column g;  b[1] rows 2t+8, 2t+9;  two values a register, low half
//                          first
//   m16n8k8 tf32           a[0] (g, t)  a[1] (g+8, t)  a[2] (g, t+4)  a[3] (g+8, t+4);  b[0] (t, g)  b[1] (t+4, g)
#pragma once

#include "core/simt/simt.h"

namespace lamina::SIMT_BACKEND {

struct MmaBf16A {
  unsigned r[4];
};  // 16 x 16
struct MmaBf16B {
  unsigned r[2];
};  // 16 x 8
struct MmaTf32A {
  unsigned r[4];
};  // 16 x 8, bits of floats
struct MmaTf32B {
  unsigned r[2];
};  // 8 x 8
struct MmaAcc {
  float r[4];
};  // 16 x 8

// Two neighbours of a row in one register, the first in the low half.
__device__ __forceinline__ unsigned pack_bf16(bf16 low, bf16 high) {
  return static_cast<unsigned>(low.bits) | static_cast<unsigned>(high.bits) << 16;
}

// f32 rounded to the 10 bits of mantissa that tf32 keeps, to nearest, ties away from zero (cvt.rna).
__device__ __forceinline__ unsigned to_tf32(float value) {
#ifdef __CUDACC__
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
#else
  const unsigned bits = __float_as_uint(value);
  return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & ~0x1fffu;  // infinities and NaN stay
#endif
}

#ifndef __CUDACC__

namespace mma_detail {

template <class A, class B>
struct Lane {
  const A* a;
  const B* b;
  MmaAcc* acc;
};

// Element (row, column) of the fragments, gathered from the lanes that hold them.
template <class LaneT>
float bf16_a(LaneT* const* lanes, int row, int k) {
  const unsigned pair = lanes[row % 8 * 4 + k % 8 / 2]->a->r[row / 8 + k / 8 * 2];
  return to_float(bf16{static_cast<uint16_t>(pair >> k % 2 * 16)});
}
template <class LaneT>
float bf16_b(LaneT* const* lanes, int k, int column) {
  const unsigned pair = lanes[column * 4 + k % 8 / 2]->b->r[k / 8];
  return to_float(bf16{static_cast<uint16_t>(pair >> k % 2 * 16)});
}
// The unit ignores the low 13 bits of what it is given.
template <class LaneT>
float tf32_a(LaneT* const* lanes, int row, int k) {
  return __uint_as_float(lanes[row % 8 * 4 + k % 4]->a->r[row / 8 + k / 4 * 2] & ~0x1fffu);
}
template <class LaneT>
float tf32_b(LaneT* const* lanes, int k, int column) {
  return __uint_as_float(lanes[column * 4 + k % 4]->b->r[k / 4] & ~0x1fffu);
}

// acc += a * b over kDepth products, in f32 and in the order of k.
template <int kDepth, class LaneT, class ReadA, class ReadB>
void multiply(LaneT* const* lanes, ReadA read_a, ReadB read_b) {
  float a[16][kDepth], b[kDepth][8];
  for (int k = 0; k < kDepth; ++k) {
    for (int row = 0; row < 16; ++row) a[row][k] = read_a(lanes, row, k);
    for (int column = 0; column < 8; ++column) b[k][column] = read_b(lanes, k, column);
  }
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      float& sum = lanes[row % 8 * 4 + column / 2]->acc->r[row / 8 * 2 + column % 2];
      for (int k = 0; k < kDepth; ++k) sum += a[row][k] * b[k][column];
    }
  }
}

}  // namespace mma_detail

#define LAMINA_MMA_WHERE , simt::Where where = simt::Where::current()
#else
#define LAMINA_MMA_WHERE
#endif

// acc += a * b with bf16 inputs, k = 16.
__device__ __forceinline__ void mma_m16n8k16(MmaAcc& acc, const MmaBf16A& a, const MmaBf16B& b LAMINA_MMA_WHERE) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(acc.r[0]), "+f"(acc.r[1]), "+f"(acc.r[2]), "+f"(acc.r[3])
      : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]), "r"(b.r[0]), "r"(b.r[1]));
#else
  using Lane = mma_detail::Lane<MmaBf16A, MmaBf16B>;
  Lane mine{&a, &b, &acc};
  warp_exchange(
      0xffffffffu, mine,
      [](Lane* const* lanes, unsigned) {
        mma_detail::multiply<16>(lanes, mma_detail::bf16_a<Lane>, mma_detail::bf16_b<Lane>);
      },
      where);
#endif
}

// acc += a * b with tf32 inputs, k = 8. Values are cut to tf32 unless to_tf32 has rounded them.
__device__ __forceinline__ void mma_m16n8k8(MmaAcc& acc, const MmaTf32A& a, const MmaTf32B& b LAMINA_MMA_WHERE) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(acc.r[0]), "+f"(acc.r[1]), "+f"(acc.r[2]), "+f"(acc.r[3])
      : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]), "r"(b.r[0]), "r"(b.r[1]));
#else
  using Lane = mma_detail::Lane<MmaTf32A, MmaTf32B>;
  Lane mine{&a, &b, &acc};
  warp_exchange(
      0xffffffffu, mine,
      [](Lane* const* lanes, unsigned) {
        mma_detail::multiply<8>(lanes, mma_detail::tf32_a<Lane>, mma_detail::tf32_b<Lane>);
      },
      where);
#endif
}

// ldmatrix: kMatrices (2 or 4) matrices of 8 rows of 16 bytes in shared memory. Lane 8m + i brings the address of row i
// of matrix m, a multiple of 16 (with two matrices, lanes 16..31 bring any). Register m of a lane then holds, of matrix
// m, row lane / 4, 16-bit elements 2 (lane % 4) and + 1; with kTranspose, of the transposed matrix.
template <int kMatrices, bool kTranspose = false>
__device__ __forceinline__ void ldmatrix(unsigned (&registers)[kMatrices], const void* row LAMINA_MMA_WHERE) {
  static_assert(kMatrices == 2 || kMatrices == 4, "x2 and x4");
#ifdef __CUDACC__
  const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  if constexpr (kMatrices == 4 && !kTranspose) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(at)
                 : "memory");
  } else if constexpr (kMatrices == 4) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(at)
                 : "memory");
  } else if constexpr (!kTranspose) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                 : "=r"(registers[0]), "=r"(registers[1])
                 : "r"(at)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(registers[0]), "=r"(registers[1])
                 : "r"(at)
                 : "memory");
  }
#else
  struct Lane {
    const uint16_t* row;
    unsigned* registers;
  };
  if (simt::lane_index() < kMatrices * 8) simt::note_read(row, 16, where);
  Lane mine{static_cast<const uint16_t*>(row), registers};
  warp_exchange(
      0xffffffffu, mine,
      [](Lane* const* lanes, unsigned) {
        for (int lane = 0; lane < 32; ++lane) {
          for (int m = 0; m < kMatrices; ++m) {
            const int i = lane / 4, j = lane % 4 * 2;
            const unsigned low = kTranspose ? lanes[m * 8 + j]->row[i] : lanes[m * 8 + i]->row[j];
            const unsigned high = kTranspose ? lanes[m * 8 + j + 1]->row[i] : lanes[m * 8 + i]->row[j + 1];
            lanes[lane]->registers[m] = low | high << 16;
          }
        }
      },
      where);
#endif
}

#undef LAMINA_MMA_WHERE

}  // namespace lamina::SIMT_BACKEND

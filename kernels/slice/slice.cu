// SPDX-License-Identifier: Apache-2.0
// slice and unslice: moves of memory by the kernels of kernels/copies.
// slice     a strided copy: thread t owns word t of y and reads it at begin + step * place along each axis.
// unslice   an inset of x into zeros: thread t owns word t of y, every word of which is written once.
// Layouts   row-major on both sides; axes that are taken whole are merged with their neighbour, and rows that lie
//           together on both sides are moved in words of up to 16 bytes.
// Shared    none.     Barriers  none.
// Needs     unslice: one place of y's outermost axis below 2^31 words.
// Bound     memory: bytes taken + bytes written; a step of s along the innermost axis reads s times as much.
#include "kernels/copies/inset.cuh"
#include "kernels/slice/slice_copy.h"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

Prepared prepare_slice(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(widened(slice_copy(query), kWidestWord))};
}

Verdict accepts_unslice(const KernelQuery& query) { return accepts_inset(query, unslice_inset(query)); }

Prepared prepare_unslice(const KernelQuery& query) {
  return {.state = std::make_shared<Inset>(widened(unslice_inset(query), kWidestWord))};
}

}  // namespace

std::span<const KernelImpl> slice_impls() {
  static const KernelImpl impls[] = {
      {"slice", kDevice, "strided", accepts_moving, prepare_slice, launch_copy},
      {"unslice", kDevice, "inset", accepts_unslice, prepare_unslice, launch_inset},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

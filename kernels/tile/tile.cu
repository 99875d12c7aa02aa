// SPDX-License-Identifier: Apache-2.0
// tile: a strided copy by the kernel of kernels/copies; the repeats of an axis are an axis of their own, stride 0 in x.
// Mapping   thread t owns word t of y; no word of y is written twice.
// Layouts   row-major; neighbouring axes that are not repeated are one. Rows are moved in words of up to 16 bytes.
// Shared    none.     Barriers  none.
// Needs     nothing.
// Bound     memory: bytes written; the repeated reads of x come from the caches where x fits them.
#include "core/simt/simt.h"
#include "kernels/tile/tile_copy.h"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

Prepared prepare_strided(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(widened(tile_copy(query), kWidestWord))};
}

}  // namespace

std::span<const KernelImpl> tile_impls() {
  static const KernelImpl impls[] = {{"tile", kDevice, "strided", accepts_moving, prepare_strided, launch_copy}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

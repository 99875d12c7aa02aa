// SPDX-License-Identifier: Apache-2.0
// pad: an inset by the kernel of kernels/copies/inset.cu.
// Mapping   thread t owns word t of y.
// Layouts   row-major; words of up to 16 bytes where rows allow.
// Shared    none.     Barriers  none.
// Needs     one place of y's outermost axis below 2^31 words.
// Bound     memory: bytes of x + bytes of y, each once.
#include "core/simt/simt.h"
#include "kernels/copies/inset.cuh"
#include "kernels/copies/strided_copy.cuh"
#include "kernels/pad/pad_inset.h"

namespace lamina::SIMT_BACKEND {
namespace {

Verdict accepts_pad(const KernelQuery& query) { return accepts_inset(query, pad_inset(query)); }

Prepared prepare_pad(const KernelQuery& query) {
  return {.state = std::make_shared<Inset>(widened(pad_inset(query), kWidestWord))};
}

}  // namespace

std::span<const KernelImpl> pad_impls() {
  static const KernelImpl impls[] = {{"pad", kDevice, "inset", accepts_pad, prepare_pad, launch_inset}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// concat: a strided copy of each part to its place in y, by the kernel of kernels/copies, one launch a part.
// Mapping   thread t of launch p owns word t of part p.
// Layouts   row-major. A part is rows of (its axis and all inner ones) that lie one row of y apart; they are moved in
//           words of up to 16 bytes where the lengths of all parts allow.
// Shared    none.     Barriers  none.
// Needs     nothing: any number of parts.
// Bound     memory, each byte read once and written once; below some 100 KiB a part the launches themselves.
#include "core/simt/simt.h"
#include "kernels/concat/concat_copies.h"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

using Copies = std::vector<StridedCopy>;

Prepared prepare_strided(const KernelQuery& query) {
  auto copies = std::make_shared<Copies>(concat_copies(query));
  for (StridedCopy& copy : *copies) copy = widened(copy, kWidestWord);
  return {.state = copies};
}

void launch_strided(KernelContext& context) {
  const auto& copies = context.state_as<Copies>();
  for (size_t part = 0; part < copies.size(); ++part) {
    run_copy(context.stream, copies[part], context.inputs[part].data, context.outputs[0].data);
  }
}

}  // namespace

std::span<const KernelImpl> concat_impls() {
  static const KernelImpl impls[] = {{"concat", kDevice, "strided", accepts_moving, prepare_strided, launch_strided}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

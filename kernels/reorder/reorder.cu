// SPDX-License-Identifier: Apache-2.0
// reorder: the same tensor in another layout, between row-major and blocked or from one blocked layout to another.
// Mapping   thread t owns places t, t + threads, ... of y in memory; each computes where in x its element lies.
// Layouts   (outer, axis, inner) and (outer, ceil(axis / block), inner, block), any two of these; lanes behind the end
//           of the axis are written as zero.
// Shared    none.     Barriers  none.
// Needs     no opaque layout.
// Bound     meant to be memory, but the 64-bit divisions (one an axis) weigh more; reads of the row-major side are
//           `inner` elements apart from lane to lane. Weights are reordered once a step, so neither shows.
#include "core/graph/reorder.h"
#include "core/simt/simt.h"
#include "kernels/reorder/layout_index.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMaxBlocks = 132 * 8;  // enough to fill a large GPU; the grid stride does the rest

template <class Word>
__global__ void reorder_places_kernel(const __grid_constant__ Reorder reorder, const Word* x, Word* y) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t place = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; place < reorder.padded_count;
       place += step) {
    const int64_t source = reorder.source(place);
    y[place] = source < 0 ? Word{} : x[source];
  }
}

Verdict accepts_places(const KernelQuery& query) {
  return query.in(0) == DType::f64 ? Verdict::no("f64 is for the reference on cpu") : accepts_reorder(query);
}

Prepared prepare_places(const KernelQuery& query) {
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  return {.state = std::make_shared<Reorder>(make_reorder(query.in_extents(0), from, to))};
}

template <class Word>
void run_places(KernelContext& context) {
  const auto& reorder = context.state_as<Reorder>();
  const int64_t wanted = (reorder.padded_count + kThreads - 1) / kThreads;
  const dim3 grid(static_cast<unsigned>(wanted < kMaxBlocks ? wanted : kMaxBlocks));
  launch<reorder_places_kernel<Word>>(context.stream, grid, dim3(kThreads), 0, reorder,
                                      static_cast<const Word*>(context.inputs[0].data),
                                      static_cast<Word*>(context.outputs[0].data));
}

void launch_places(KernelContext& context) {
  switch (size_of(context.inputs[0].dtype)) {
    case 1:
      return run_places<uint8_t>(context);
    case 2:
      return run_places<uint16_t>(context);
    default:
      return run_places<uint32_t>(context);
  }
}

}  // namespace

std::span<const KernelImpl> reorder_impls() {
  static const KernelImpl impls[] = {{"reorder", kDevice, "places", accepts_places, prepare_places, launch_places}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// reorder on the host. `blocks` goes over the blocked side a block at a time, so that its inner loop knows the distance
// of the lanes; the reference computes the source of every element.
#include <algorithm>

#include "core/graph/reorder.h"
#include "kernels/reorder/layout_index.h"

namespace lamina {
namespace {

constexpr int64_t kBytesWorthAThread = 1 << 16;

Prepared prepare(const KernelQuery& query) {
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  return {.state = std::make_shared<Reorder>(make_reorder(query.in_extents(0), from, to))};
}

// fn(T{}) with an unsigned word of the element's size: padded lanes are zero bytes in every type.
template <class Fn>
void with_word(DType dtype, Fn&& fn) {
  switch (size_of(dtype)) {
    case 1:
      return fn(uint8_t{});
    case 2:
      return fn(uint16_t{});
    case 4:
      return fn(uint32_t{});
    default:
      return fn(uint64_t{});
  }
}

// One side row-major: (outer, axis, inner), the other (outer, blocks, inner, block).
Verdict accepts_blocks(const KernelQuery& query) {
  if (const Verdict verdict = accepts_reorder(query); !verdict.accepted()) return verdict;
  if (query.in(0) == DType::f64) return Verdict::no("f64 is the reference's");
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  const bool one_blocked = (from.kind == Layout::Kind::blocked) != (to.kind == Layout::Kind::blocked);
  return one_blocked ? Verdict::yes() : Verdict::no("one side must be row-major and the other blocked");
}

template <class Word>
void run_blocks(const Reorder& reorder, const Word* x, Word* y) {
  const bool to_blocks = reorder.to.block_axis >= 0;
  const LayoutIndex& blocked = to_blocks ? reorder.to : reorder.from;
  const int64_t lanes = blocked.block, length = reorder.extents[blocked.block_axis];
  const int64_t inner = blocked.strides[blocked.block_axis] / lanes;
  const int64_t blocks = (length + lanes - 1) / lanes;
  const int64_t outer = blocked.block_axis == 0 ? 1 : reorder.extents[0];
#pragma omp parallel for collapse(2) \
    schedule(static) if (reorder.padded_count * static_cast <int64_t>(sizeof(Word)) > kBytesWorthAThread)
  for (int64_t at = 0; at < outer; ++at) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t used = std::min(lanes, length - block * lanes);
      const int64_t in_rows = (at * length + block * lanes) * inner;
      const int64_t in_blocks = (at * blocks + block) * inner * lanes;
      if (to_blocks) {
        for (int64_t i = 0; i < inner; ++i) {
          Word* const to = y + in_blocks + i * lanes;
          for (int64_t lane = 0; lane < used; ++lane) to[lane] = x[in_rows + lane * inner + i];
          std::fill(to + used, to + lanes, Word{});
        }
      } else {
        for (int64_t lane = 0; lane < used; ++lane) {
          for (int64_t i = 0; i < inner; ++i) y[in_rows + lane * inner + i] = x[in_blocks + i * lanes + lane];
        }
      }
    }
  }
}

void launch_blocks(KernelContext& context) {
  with_word(context.inputs[0].dtype, [&](auto word) {
    run_blocks(context.state_as<Reorder>(), static_cast<const decltype(word)*>(context.inputs[0].data),
               static_cast<decltype(word)*>(context.outputs[0].data));
  });
}

void launch_reference(KernelContext& context) {
  const auto& reorder = context.state_as<Reorder>();
  with_word(context.inputs[0].dtype, [&](auto word) {
    const auto* const x = static_cast<const decltype(word)*>(context.inputs[0].data);
    auto* const y = static_cast<decltype(word)*>(context.outputs[0].data);
    for (int64_t place = 0; place < reorder.padded_count; ++place) {
      const int64_t source = reorder.source(place);
      y[place] = source < 0 ? decltype(word){} : x[source];
    }
  });
}

}  // namespace

namespace cpu {

KernelImpl reorder_onednn();  // reorder_onednn.cpp

std::span<const KernelImpl> reorder_impls() {
  static const KernelImpl impls[] = {
      reorder_onednn(),
      {"reorder", DeviceKind::cpu, "blocks", accepts_blocks, prepare, launch_blocks},
      {"reorder", DeviceKind::cpu, "reference", accepts_reorder, prepare, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

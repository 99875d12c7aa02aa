// SPDX-License-Identifier: Apache-2.0
// concat on the host: a strided copy per part, then the reference.
#include <cstring>

#include "kernels/concat/concat.h"
#include "kernels/concat/concat_copies.h"
#include "kernels/copies/coordinates.h"

namespace lamina {

std::vector<StridedCopy> concat_copies(const KernelQuery& query) {
  const int axis = query.attributes.get<ConcatAttributes>().axis;
  const Extents to = query.out_extents(0).row_major_strides();
  int64_t begin = 0;
  std::vector<StridedCopy> copies;
  for (size_t part = 0; part < query.inputs.size(); ++part) {
    const Extents x = query.in_extents(part), from = x.row_major_strides();
    StridedCopy copy;
    copy.element_bytes = static_cast<int32_t>(size_of(query.in(part)));
    copy.to_offset = begin * to[axis];
    for (int i = 0; i < x.rank(); ++i) copy.add_axis(x[i], from[i], to[i]);
    copies.push_back(copy);
    begin += x[axis];
  }
  return copies;
}

namespace {

using Copies = std::vector<StridedCopy>;

Prepared prepare_strided(const KernelQuery& query) { return {.state = std::make_shared<Copies>(concat_copies(query))}; }

void launch_strided(KernelContext& context) {
  const auto& copies = context.state_as<Copies>();
  for (size_t part = 0; part < copies.size(); ++part) {
    cpu::run_copy(copies[part], context.inputs[part].data, context.outputs[0].data);
  }
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  const int axis = context.attributes.get<ConcatAttributes>().axis;
  const TensorView& y = context.outputs[0];
  const size_t bytes = size_of(y.dtype);
  int64_t begin = 0;
  for (const TensorView& x : context.inputs) {
    for_each_place(x.extents, [&](const Extents& place, int64_t index) {
      Extents target = place;
      target[axis] += begin;
      std::memcpy(static_cast<char*>(y.data) + static_cast<size_t>(index_of(target, y.extents)) * bytes,
                  static_cast<const char*>(x.data) + static_cast<size_t>(index) * bytes, bytes);
    });
    begin += x.extents[axis];
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> concat_impls() {
  static const KernelImpl impls[] = {
      {"concat", DeviceKind::cpu, "strided", accepts_moving, prepare_strided, launch_strided},
      {"concat", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

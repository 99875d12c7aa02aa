// SPDX-License-Identifier: Apache-2.0
// slice and unslice on the host: the strided copy and the inset, each with its reference behind.
#include <cstring>

#include "kernels/slice/slice.h"
#include "kernels/slice/slice_copy.h"
#include "kernels/copies/coordinates.h"

namespace lamina {
namespace {

Prepared prepare_slice(const KernelQuery& query) { return {.state = std::make_shared<StridedCopy>(slice_copy(query))}; }
Prepared prepare_unslice(const KernelQuery& query) { return {.state = std::make_shared<Inset>(unslice_inset(query))}; }

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

// fn(index in the part, index in the whole) for each element of the part.
template <class Fn>
void for_each_taken(const Extents& part, const Extents& whole, const Shape& begin, const std::vector<int64_t>& step,
                    Fn&& fn) {
  for_each_place(part, [&](const Extents& place, int64_t index) {
    Extents taken = place;
    for (int axis = 0; axis < place.rank(); ++axis) {
      taken[axis] = begin[axis].number() + place[axis] * step[static_cast<size_t>(axis)];
    }
    fn(static_cast<size_t>(index), static_cast<size_t>(index_of(taken, whole)));
  });
}

void launch_slice_reference(KernelContext& context) {
  const auto& attributes = context.attributes.get<SliceAttributes>();
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const size_t bytes = size_of(x.dtype);
  for_each_taken(y.extents, x.extents, attributes.begin, attributes.step, [&](size_t part, size_t whole) {
    std::memcpy(static_cast<char*>(y.data) + part * bytes, static_cast<const char*>(x.data) + whole * bytes, bytes);
  });
}

void launch_unslice_reference(KernelContext& context) {
  const auto& attributes = context.attributes.get<UnsliceAttributes>();
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  const size_t bytes = size_of(x.dtype);
  std::memset(y.data, 0, y.bytes());
  for_each_taken(x.extents, y.extents, attributes.begin, attributes.step, [&](size_t part, size_t whole) {
    std::memcpy(static_cast<char*>(y.data) + whole * bytes, static_cast<const char*>(x.data) + part * bytes, bytes);
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> slice_impls() {
  static const KernelImpl impls[] = {
      {"slice", DeviceKind::cpu, "strided", accepts_moving, prepare_slice, launch_copy},
      {"slice", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_slice_reference},
      {"unslice", DeviceKind::cpu, "inset", accepts_moving, prepare_unslice, launch_inset},
      {"unslice", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_unslice_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

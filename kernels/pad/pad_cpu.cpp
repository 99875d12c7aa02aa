// SPDX-License-Identifier: Apache-2.0
// pad on the host: the inset, then the reference.
#include <cstring>

#include "kernels/pad/pad.h"
#include "kernels/pad/pad_inset.h"
#include "kernels/copies/coordinates.h"
#include "kernels/copies/strided_copy.h"

namespace lamina {

Inset pad_inset(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<PadAttributes>();
  const std::vector<int64_t> ones(attributes.before.size(), 1);
  return make_inset(query.in_extents(0), query.out_extents(0), attributes.before, ones, query.in(0), attributes.value);
}

namespace {

Prepared prepare_inset(const KernelQuery& query) { return {.state = std::make_shared<Inset>(pad_inset(query))}; }

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  const auto& [before, behind, value] = context.attributes.get<PadAttributes>();
  const TensorView &x = context.inputs[0], &y = context.outputs[0];
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    for_each_place(y.extents, [&](const Extents& place, int64_t index) {
      Extents source = place;
      bool inside = true;
      for (int axis = 0; axis < place.rank(); ++axis) {
        source[axis] = place[axis] - before[static_cast<size_t>(axis)];
        inside = inside && source[axis] >= 0 && source[axis] < x.extents[axis];
      }
      y.as<T>()[index] = inside ? x.as<T>()[index_of(source, x.extents)] : convert<T>(value);
    });
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> pad_impls() {
  static const KernelImpl impls[] = {
      {"pad", DeviceKind::cpu, "inset", accepts_moving, prepare_inset, launch_inset},
      {"pad", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

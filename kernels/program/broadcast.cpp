// SPDX-License-Identifier: Apache-2.0
#include "kernels/program/broadcast.h"

#include <numeric>

#include "core/base/check.h"

namespace lamina {

BroadcastIndex broadcast_index(const Extents& domain, std::span<const Extents> operands, std::span<const int> axes) {
  LAMINA_ASSERT(operands.size() <= BroadcastIndex::kMaxOperands);
  BroadcastIndex index;
  index.operands = static_cast<int32_t>(operands.size());
  for (const int axis : axes) {
    BroadcastAxis next;
    next.length = domain[axis];
    for (size_t i = 0; i < operands.size(); ++i) {
      const int own = axis - (domain.rank() - operands[i].rank());
      const bool repeats = own < 0 || operands[i][own] == 1;
      next.strides[i] = repeats ? 0 : operands[i].row_major_strides()[own];
    }
    if (next.length == 1) continue;
    // The axis before joins this one where stepping it equals running through this one, for every operand.
    bool joins = index.rank > 0;
    for (size_t i = 0; joins && i < operands.size(); ++i) {
      joins = index.axes[index.rank - 1].strides[i] == next.strides[i] * next.length;
    }
    if (joins) {
      next.length *= index.axes[index.rank - 1].length;
      index.axes[index.rank - 1] = next;
    } else {
      index.axes[index.rank++] = next;
    }
  }
  return index;
}

BroadcastIndex broadcast_index(const Extents& domain, std::span<const Extents> operands) {
  std::vector<int> axes(static_cast<size_t>(domain.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return broadcast_index(domain, operands, axes);
}

}  // namespace lamina

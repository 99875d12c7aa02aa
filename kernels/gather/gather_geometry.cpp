// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather/gather_geometry.h"

namespace lamina {

GatherGeometry gather_geometry(const Extents& table, const Extents& indices) {
  GatherGeometry geometry{table[0], 1, indices.count()};
  for (int axis = 1; axis < table.rank(); ++axis) geometry.width *= table[axis];
  return geometry;
}

}  // namespace lamina

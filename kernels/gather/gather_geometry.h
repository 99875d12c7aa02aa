// SPDX-License-Identifier: Apache-2.0
// A table as rows of one length, and the indices into it, for every device.
#pragma once

#include "core/op/kernel_impl.h"

namespace lamina {

struct GatherGeometry {
  int64_t rows = 0;     // of the table
  int64_t width = 1;    // elements of a row
  int64_t indices = 0;  // how many
};

GatherGeometry gather_geometry(const Extents& table, const Extents& indices);

}  // namespace lamina

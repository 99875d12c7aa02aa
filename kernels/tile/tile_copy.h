// SPDX-License-Identifier: Apache-2.0
// tile as a strided copy, for every device: each axis is the repeats (which stand still in x) and the elements.
#pragma once

#include "kernels/copies/strided_copy.h"

namespace lamina {

StridedCopy tile_copy(const KernelQuery& query);

}  // namespace lamina

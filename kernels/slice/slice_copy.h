// SPDX-License-Identifier: Apache-2.0
// slice and unslice as moves of memory, for every device.
#pragma once

#include "kernels/copies/inset.h"
#include "kernels/copies/strided_copy.h"

namespace lamina {

StridedCopy slice_copy(const KernelQuery& query);
Inset unslice_inset(const KernelQuery& query);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// concat as one strided copy per part, for every device.
#pragma once

#include <vector>

#include "kernels/copies/strided_copy.h"

namespace lamina {

std::vector<StridedCopy> concat_copies(const KernelQuery& query);

}  // namespace lamina

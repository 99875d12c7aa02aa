// SPDX-License-Identifier: Apache-2.0
// A transposition as a strided copy: the axes of the result, of which neighbours that stay neighbours are one.
#pragma once

#include "kernels/copies/strided_copy.h"

namespace lamina {

StridedCopy transpose_copy(const KernelQuery& query);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// pad as an inset, for every device.
#pragma once

#include "kernels/copies/inset.h"

namespace lamina {

Inset pad_inset(const KernelQuery& query);

}  // namespace lamina

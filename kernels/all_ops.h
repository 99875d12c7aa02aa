// SPDX-License-Identifier: Apache-2.0
// Every op of Lamina with its implementations for the devices of this build, as a value.
#pragma once

#include "core/op/op_registry.h"

namespace lamina::kernels {

// A copy to which an app may add ops of its own.
OpRegistry all_ops();

}  // namespace lamina::kernels

// SPDX-License-Identifier: Apache-2.0
// An op of its own for the tests of the harness: y = 2 x, with implementations that are right or wrong in one way.
#pragma once

#include <string_view>

#include "core/op/kernel_impl.h"

namespace lamina {

namespace sim {
KernelImpl doubling_impl(std::string_view name);  // kernels/doubling.cu: right, race, past_end, in_place, ticket
}

}  // namespace lamina

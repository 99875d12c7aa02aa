// SPDX-License-Identifier: Apache-2.0
// Whether a case can tell right from wrong: a kernel that writes zeros passes every case that expects zeros.
#pragma once

#include <string>
#include <vector>

#include "core/tensor/host_tensor.h"

namespace lamina::conformance {

// "" or why these expected outputs prove little: of more than 8 numbers 90 % or more are equal, of 16 or more bools all
// are, or a number is not finite. What comes out of an input without elements can only be a constant (a sum of
// nothing), and is taken as it is.
std::string reason_to_mistrust(const std::vector<HostTensor>& inputs, const std::vector<HostTensor>& expected);

}  // namespace lamina::conformance

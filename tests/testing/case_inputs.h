// SPDX-License-Identifier: Apache-2.0
// The numbers that a case runs on: drawn by Philox, keyed by the names of op and case, so that a case is the same in
// every run, whatever else runs.
#pragma once

#include <string_view>
#include <vector>

#include "core/op/op_case.h"
#include "core/tensor/host_tensor.h"

namespace lamina::testing {

// The type an input has where the case runs in `dtype`: inputs declared f32 take it, others keep theirs.
DType type_of_input(const CaseInput& input, DType dtype);

// One tensor per input of the case, of these types. Floats are rounded to the type; whole-number types take whole
// numbers within the range of the fill.
std::vector<HostTensor> case_inputs(std::string_view op, const OpCase& one, const std::vector<DType>& types);

// Numbers of either sign, at least 0.1 and at most 1.1 in size, as weights of a sum: f64 of shape `extents`. `stream`
// tells several apart.
HostTensor random_weights(std::string_view op, const OpCase& one, const Extents& extents, uint32_t stream);

}  // namespace lamina::testing

// SPDX-License-Identifier: Apache-2.0
// The golden numbers of tests/golden/data (docs/golden.md): what real Keras computes for small cases. A test runs over
// all files of a group, so that no file goes unread.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor/host_tensor.h"

namespace lamina::testing {

// "losses/mse" -> the file's content. Throws where it is missing, no JSON, or of another format or case than its name.
nlohmann::json load_golden(const std::string& name);

// All files of a group, sorted, without ".json": {"losses/binary_crossentropy", ...}. Throws for an empty group.
std::vector<std::string> golden_names(const std::string& group);

// For INSTANTIATE_TEST_SUITE_P: "losses/mse" is shown as "mse".
std::string golden_case_name(const ::testing::TestParamInfo<std::string>& info);

// An array {shape, dtype, data}; a plain number as an f32 scalar; a plain list of numbers as an f32 vector.
HostTensor tensor_of(const nlohmann::json& array);

using NamedTensors = std::vector<std::pair<std::string, HostTensor>>;
NamedTensors named_tensors_of(const nlohmann::json& named_arrays);

// Every element within 1e-5 of the largest expected number (docs/golden.md says why that judges us and not f32), and
// equal shapes.
::testing::AssertionResult is_golden(const HostTensor& actual, const HostTensor& expected);
::testing::AssertionResult is_golden(const HostTensor& actual, const nlohmann::json& expected);
::testing::AssertionResult is_golden(double actual, double expected);

}  // namespace lamina::testing

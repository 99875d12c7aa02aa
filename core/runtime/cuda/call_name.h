// SPDX-License-Identifier: Apache-2.0
// What a failed call is called in messages, from the text of the expression that a check macro was given.
#pragma once

#include <string>
#include <string_view>

namespace lamina {

// call_name("cuda", "cuda_api().stream_begin_capture(stream, mode)") is "cudaStreamBeginCapture": members of a table
// are the library's names in snake case, without the prefix. Other text ("cudaMalloc") is given back as it is.
std::string call_name(std::string_view prefix, std::string_view call);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// `yolov3 info WEIGHTS` or `yolov3 info --model M`: layers, parameters, arithmetic and the memory plan, with nothing run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it.
void add_info_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// `yolov3 check DATA`: what a data set holds, what is wrong with it, and which anchors would fit, before anything is trained.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it.
void add_check_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

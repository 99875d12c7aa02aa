// SPDX-License-Identifier: Apache-2.0
// `yolov3 detect WEIGHTS IMAGE|FOLDER...`: pictures with the boxes that were found, and the boxes as JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it.
void add_detect_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

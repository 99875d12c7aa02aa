// SPDX-License-Identifier: Apache-2.0
// `yolov3 train DATA`: from a folder of labelled pictures, or shapes that the program draws, to weights, in one run folder.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it.
void add_train_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// `yolov3 convert WEIGHTS OUT`: a network with its weights from our format into darknet's, or from darknet's into ours.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it. It writes over nothing: ErrorKind::usage where a file that it would
// make is there already, said before anything is read.
void add_convert_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

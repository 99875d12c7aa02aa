// SPDX-License-Identifier: Apache-2.0
// `yolov3 eval WEIGHTS DATA`: the mean average precision of weights on a split of a data set.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lamina::yolov3 {

// Adds the command; where it is given, `body` runs it.
void add_eval_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

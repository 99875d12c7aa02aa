// SPDX-License-Identifier: Apache-2.0
// The command `check DATA`: looks at a data set as training will, before any training.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <iosfwd>

#include "apps/yolov3/commands/data_flags.h"
#include "apps/yolov3/commands/network_flags.h"

namespace lamina::yolov3 {

struct CheckOptions {
  DataFlags data;
  NetworkFlags network;     // whose scales, and anchors
  int64_t max_boxes = 100;  // of one picture
  uint64_t seed = 0;
  int threads = 2;  // that read pictures
};

// Reads every annotation and decodes every picture; prints what there is, which scale the boxes go to, how many are lost on
// the way, how well the anchors fit, and anchors that fit better. Returns 0; throws Error for what training would refuse.
int check(const CheckOptions& options, std::ostream& out);

// Adds the command with its flags; when it is chosen, `body` is set to run it.
void add_check_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

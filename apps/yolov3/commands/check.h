// SPDX-License-Identifier: Apache-2.0
// The command `check DATA`: looks at a data set as training will, before any training.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace lamina::yolov3 {

struct CheckOptions {
  std::string data;              // of load_data
  std::string classes;           // a file with a class name on each line; empty: those of the data
  std::string model = "tiny";  // or "yolov3": whose scales, and anchors where none are given
  std::string anchors;           // "w,h, w,h, ..."; empty: the standard ones
  int64_t size = 416;            // of the input, in pixels
  int64_t max_boxes = 100;       // of one picture
  uint64_t seed = 0;
  int threads = 2;  // that read pictures
};

// Reads every annotation and decodes every picture; prints what there is, which scale the boxes go to, how many are lost on
// the way, how well the anchors fit, and anchors that fit better. Returns 0; throws Error for what training would refuse.
int check(const CheckOptions& options, std::ostream& out);

// Adds the command with its flags; when it is chosen, `body` is set to run it.
void add_check_command(CLI::App& cli, std::function<int()>& body);

}  // namespace lamina::yolov3

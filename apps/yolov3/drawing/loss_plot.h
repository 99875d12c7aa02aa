// SPDX-License-Identifier: Apache-2.0
// Curves over the epochs: losses, learning rates, precisions.
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/io/file_ops.h"
#include "layers/model/logs.h"

namespace lamina::yolov3 {

struct Curve {
  std::string name;
  std::vector<double> x;  // rising
  std::vector<double> y;  // equally many; a gap where one is not finite, or beyond 1e100
};

struct PlotOptions {
  std::string title;
  std::string x_label = "epoch";  // whole numbers
  std::string y_label = "loss";
  int64_t width = 960;  // pixels, or points of an SVG
  int64_t height = 600;
};

// One curve per series of `names`; of all of them where there are no names. Throws ErrorKind::model for a name that is not
// there, and for a series that was not measured in every epoch (a History does not keep in which).
std::vector<Curve> curves_of(const History& history, const std::vector<std::string>& names = {});

// Replaces `path`, a .png or .svg, atomically. The y axis is logarithmic where all values lie above 0 and the largest is at
// least 1000 times the smallest. A plot without a number says so. Throws ErrorKind::usage for another ending, sides
// below 200 or above 32767, and curves whose x and y differ in length.
void write_plot(const std::filesystem::path& path, std::span<const Curve> curves, const PlotOptions& options = {},
                FileOps& files = FileOps::system());

}  // namespace lamina::yolov3

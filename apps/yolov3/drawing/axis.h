// SPDX-License-Identifier: Apache-2.0
// An axis of a plot: which values stand where, and the round numbers that are written at it.
#pragma once

#include <string>
#include <vector>

namespace lamina::yolov3 {

class Axis {
 public:
  enum class Scale { linear, logarithmic };

  // From `least` to `most` at least, out to round numbers; a span of nothing is widened. `most_ticks` is at least 2. A
  // logarithmic axis takes values above 0 alone.
  static Axis linear(double least, double most, int most_ticks);
  static Axis logarithmic(double least, double most, int most_ticks);
  static Axis of_whole_numbers(double least, double most, int most_ticks);  // no tick between them; ends as they are given

  double least() const { return least_; }
  double most() const { return most_; }
  Scale scale() const { return scale_; }
  const std::vector<double>& ticks() const { return ticks_; }

  // 0 at the least, 1 at the most.
  double place(double value) const;

  // "0.25", "1200", "1e-06"; ticks of one axis have equally many decimals.
  std::string label(double tick) const;

 private:
  Scale scale_ = Scale::linear;
  double least_ = 0, most_ = 1;
  double step_ = 1;
  std::vector<double> ticks_;
};

}  // namespace lamina::yolov3

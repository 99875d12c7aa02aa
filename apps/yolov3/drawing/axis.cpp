// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/drawing/axis.h"

#include <algorithm>
#include <cmath>
#include <iomanip>

#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

constexpr double kLeastSpan = 1e-9;  // of the numbers themselves; below it they count as equal

// The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `parts`.
double round_step(double span, int parts) {
  const double power = std::pow(10, std::floor(std::log10(span / parts)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= parts * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

// Whole multiples of `step`. Counted in integers: far from 0 a double may not tell a number from the next.
std::vector<double> multiples(double first, double last, double step) {
  std::vector<double> all;
  const auto count = static_cast<int>(std::clamp(last - first, 0.0, 1000.0));
  for (int i = 0; i <= count; ++i) all.push_back((first + i) * step);
  return all;
}

}  // namespace

Axis Axis::linear(double least, double most, int most_ticks) {
  if (!(most - least > kLeastSpan * std::max(std::abs(least), std::abs(most)))) {
    const double margin = least == 0 ? 1 : std::abs(least) / 2;
    least -= margin;
    most += margin;
  }
  Axis axis;
  axis.step_ = round_step(most - least, most_ticks - 1);
  double first = std::floor(least / axis.step_ + 1e-9), last = std::ceil(most / axis.step_ - 1e-9);
  if (last - first > most_ticks - 1) {  // reaching out to round numbers made one too many
    axis.step_ = round_step(axis.step_ * 1.5, 1);
    first = std::floor(least / axis.step_ + 1e-9);
    last = std::ceil(most / axis.step_ - 1e-9);
  }
  axis.least_ = first * axis.step_;
  axis.most_ = last * axis.step_;
  axis.ticks_ = multiples(first, last, axis.step_);
  return axis;
}

Axis Axis::logarithmic(double least, double most, int most_ticks) {
  Axis axis;
  axis.scale_ = Scale::logarithmic;
  const int first = static_cast<int>(std::floor(std::log10(least) + 1e-9));
  const int last = std::max(static_cast<int>(std::ceil(std::log10(most) - 1e-9)), first + 1);
  axis.least_ = std::pow(10, first);
  axis.most_ = std::pow(10, last);
  const int every = (last - first + most_ticks - 2) / (most_ticks - 1);
  for (int exponent = first; exponent <= last; exponent += every) axis.ticks_.push_back(std::pow(10, exponent));
  return axis;
}

Axis Axis::of_whole_numbers(double least, double most, int most_ticks) {
  Axis axis;
  axis.least_ = most > least ? least : least - 1;
  axis.most_ = most > least ? most : most + 1;
  axis.step_ = std::max(1.0, round_step(axis.most_ - axis.least_, most_ticks - 1));
  axis.ticks_ = multiples(std::ceil(axis.least_ / axis.step_), std::floor(axis.most_ / axis.step_), axis.step_);
  return axis;
}

double Axis::place(double value) const {
  if (scale_ == Scale::linear) return (value - least_) / (most_ - least_);
  return (std::log10(value) - std::log10(least_)) / (std::log10(most_) - std::log10(least_));
}

std::string Axis::label(double tick) const {
  const double size = std::max(std::abs(least_), std::abs(most_));
  if (scale_ == Scale::logarithmic || size >= 1e7 || size < 1e-4) return text(tick);
  const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step_) - 1e-9)));
  const double shown = tick == 0 ? 0 : tick;  // no "-0"
  return text(std::fixed, std::setprecision(decimals), shown);
}

}  // namespace lamina::yolov3

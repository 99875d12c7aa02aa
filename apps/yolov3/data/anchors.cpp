// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/anchors.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr double kMaxAnchor = 1 << 16;

[[noreturn]] void refuse(std::string_view given, const std::string& reason) {
  throw Error(ErrorKind::usage, text("anchors ", in_quotes(given), ": ", reason, "; write \"width,height, width,height, ...\""));
}

double area(const DarknetAnchor& anchor) { return anchor.width * anchor.height; }

}  // namespace

std::vector<DarknetAnchor> parse_anchors(std::string_view given, size_t count) {
  std::vector<double> numbers;
  for (size_t at = given.find_first_not_of(", \t\r\n"); at < given.size(); at = given.find_first_not_of(", \t\r\n", at)) {
    const std::string_view word = given.substr(at, given.find_first_of(", \t\r\n", at) - at);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) refuse(given, in_quotes(word) + " is no number");
    if (!(number > 0 && number <= kMaxAnchor)) refuse(given, text(in_quotes(word), " is not above 0 and at most ", kMaxAnchor));
    numbers.push_back(number);
    at += word.size();
  }
  if (numbers.empty()) refuse(given, "there are none");
  if (numbers.size() % 2 != 0) refuse(given, text(numbers.size(), " numbers are no pairs"));
  if (count && numbers.size() != 2 * count) refuse(given, text(numbers.size() / 2, " anchors, expected ", count));
  std::vector<DarknetAnchor> anchors;
  for (size_t i = 0; i < numbers.size(); i += 2) anchors.push_back({numbers[i], numbers[i + 1]});
  return anchors;
}

std::string anchors_text(std::span<const DarknetAnchor> anchors) {
  const auto short_number = [](double value) { return std::round(10 * value) / 10; };
  std::vector<std::string> pairs;
  for (const DarknetAnchor& anchor : anchors) pairs.push_back(text(short_number(anchor.width), ",", short_number(anchor.height)));
  return join(pairs, ", ");
}

bool sorted_by_area(std::span<const DarknetAnchor> anchors) {
  return std::is_sorted(anchors.begin(), anchors.end(),
                        [](const DarknetAnchor& a, const DarknetAnchor& b) { return area(a) < area(b); });
}

double size_overlap(const DarknetAnchor& a, const DarknetAnchor& b) {
  const double shared = std::min(a.width, b.width) * std::min(a.height, b.height);
  return shared / (area(a) + area(b) - shared);
}

size_t best_anchor(std::span<const DarknetAnchor> anchors, const DarknetAnchor& size) {
  LAMINA_ASSERT(!anchors.empty());
  size_t best = 0;
  double most = -1;
  for (size_t i = 0; i < anchors.size(); ++i) {
    const double shared = size_overlap(anchors[i], size);
    if (shared > most) most = shared, best = i;
  }
  return best;
}

double mean_best_overlap(std::span<const DarknetAnchor> anchors, std::span<const DarknetAnchor> sizes) {
  double sum = 0;
  for (const DarknetAnchor& size : sizes) sum += size_overlap(anchors[best_anchor(anchors, size)], size);
  return sizes.empty() ? 0 : sum / static_cast<double>(sizes.size());
}

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Text for messages: text("input has ", 3, " channels"). Independent of the locale, so that a number never prints
// with a decimal comma.
#pragma once

#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

// "a, b, c"; each part printed with <<, between `open` and `close`.
template <class Range>
std::string join(const Range& range, std::string_view separator = ", ", std::string_view quote = "") {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  bool first = true;
  for (const auto& item : range) {
    if (!first) out << separator;
    out << quote << item << quote;
    first = false;
  }
  return out.str();
}

// The candidate at the smallest edit distance from `word`, or "" if none is closer than half of the word's length
// (so that a message suggests a likely misspelling and nothing else).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// " (did you mean 'x'?)" for the nearest candidate, or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// 1234567 -> "1,234,567".
std::string with_thousands(long long number);

}  // namespace lamina

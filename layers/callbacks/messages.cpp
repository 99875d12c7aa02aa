// SPDX-License-Identifier: Apache-2.0
#include "layers/callbacks/messages.h"

#include <charconv>
#include <cmath>
#include <iostream>

namespace lamina {
namespace {

std::string shortest(double value, std::chars_format format) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr};
}

}  // namespace

std::ostream& stream_or_cout(std::ostream* out) { return out ? *out : std::cout; }

std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const std::string scientific = shortest(value, std::chars_format::scientific);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return scientific;
  const std::string fixed = shortest(value, std::chars_format::fixed);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

}  // namespace lamina

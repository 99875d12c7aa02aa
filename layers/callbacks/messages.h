// SPDX-License-Identifier: Apache-2.0
// How callbacks print: where to, and numbers as Python writes them.
#pragma once

#include <iosfwd>
#include <string>

namespace lamina {

std::ostream& stream_or_cout(std::ostream* out);

// The shortest text that reads back as the same number, as Python prints floats: 1.0, 0.0001, 1e-05, 1e+16, nan, -inf.
std::string python_float(double value);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// A checkpoint's path with fields in it, of which the epoch and the logs make a file's name.
#pragma once

#include <string>
#include <vector>

namespace lamina {

// One {name:format}. Formats: none, 02d (whole, width; of the epoch alone), .4f and .2e.
struct PathField {
  std::string name, format;

  // As Python formats it: the epoch as a whole number, all else as a float.
  std::string of(double value) const;
};

// Pieces of text and fields, in turn: text, field, text, field, ..., text.
struct PathFormat {
  std::vector<std::string> texts;
  std::vector<PathField> fields;

  // Throws where a field is not closed or its format is not known.
  explicit PathFormat(const std::string& path);
};

}  // namespace lamina

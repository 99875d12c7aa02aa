// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lamina::yolov3 {

struct TextLine {
  std::string text;  // without blanks around it, never empty
  int number = 0;    // from 1
};

// The lines of a file that hold something; LF or CRLF, with or without a byte order mark. Throws ErrorKind::io where it
// cannot be read and ErrorKind::model, beginning with "FILE:LINE: ", for a line that is longer than 4,096 bytes or no UTF-8.
std::vector<TextLine> read_text_lines(const std::filesystem::path& file);

}  // namespace lamina::yolov3

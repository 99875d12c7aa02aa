// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/text_lines.h"

#include <algorithm>
#include <string_view>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr Limits kLimits{.file_bytes = 256 << 20};
constexpr size_t kMaxLineBytes = 4096;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r";

}  // namespace

std::vector<TextLine> read_text_lines(const std::filesystem::path& file) {
  const std::vector<std::byte> bytes = read_file(file, kLimits);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  std::vector<TextLine> lines;
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
    LAMINA_CHECK(line.size() <= kMaxLineBytes && is_utf8(line) && line.find('\0') == std::string_view::npos,
                 printable(file.native(), 4096), ":", number, ": ", in_quotes(line), " is no line of text of at most ",
                 kMaxLineBytes, " bytes in UTF-8");
    lines.push_back({std::string(line), number});
  }
  return lines;
}

}  // namespace lamina::yolov3

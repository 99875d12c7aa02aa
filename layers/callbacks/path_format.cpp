// SPDX-License-Identifier: Apache-2.0
#include "layers/callbacks/path_format.h"

#include "core/base/check.h"
#include "layers/callbacks/messages.h"

namespace lamina {
namespace {

bool is_whole_format(const std::string& format) { return format.ends_with('d'); }

bool is_known_format(const std::string& format) {
  if (format.empty()) return true;
  const std::string digits = format.substr(0, format.size() - 1);
  const bool all_digits = digits.find_first_not_of("0123456789") == std::string::npos;
  if (is_whole_format(format)) return all_digits && digits.size() <= 2;
  const bool precision = digits.size() >= 2 && digits.size() <= 3 && digits.front() == '.' &&
                         digits.find_first_not_of("0123456789", 1) == std::string::npos;
  return (format.back() == 'f' || format.back() == 'e') && precision;
}

}  // namespace

std::string PathField::of(double value) const {
  const bool is_epoch = name == "epoch";
  if (format.empty()) return is_epoch ? text(static_cast<int64_t>(value)) : python_float(value);
  if (is_whole_format(format)) {
    std::string digits = text(static_cast<int64_t>(value));
    const size_t width = format.size() > 1 ? static_cast<size_t>(std::stoul(format.substr(0, format.size() - 1))) : 0;
    while (digits.size() < width) digits.insert(0, format.front() == '0' ? "0" : " ");
    return digits;
  }
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.precision(std::stoi(format.substr(1)));
  out << (format.back() == 'e' ? std::scientific : std::fixed) << value;
  return out.str();
}

PathFormat::PathFormat(const std::string& path) {
  size_t at = 0;
  while (true) {
    const size_t open = path.find('{', at);
    texts.push_back(path.substr(at, open == std::string::npos ? open : open - at));
    if (open == std::string::npos) return;
    const size_t close = path.find('}', open);
    LAMINA_CHECK(close != std::string::npos, "ModelCheckpoint: the path \"", path, "\" opens a { that is not closed");
    const std::string inside = path.substr(open + 1, close - open - 1);
    const size_t colon = inside.find(':');
    const PathField field{inside.substr(0, colon), colon == std::string::npos ? "" : inside.substr(colon + 1)};
    LAMINA_CHECK(is_known_format(field.format), "ModelCheckpoint: the path \"", path, "\" has the format '", field.format,
                 "'; known are 02d, .4f and .2e");
    LAMINA_CHECK(!is_whole_format(field.format) || field.name == "epoch", "ModelCheckpoint: the path \"", path, "\" has the format '",
                 field.format, "' for '", field.name, "', which is no whole number; take .4f or .2e");
    fields.push_back(field);
    at = close + 1;
  }
}

}  // namespace lamina

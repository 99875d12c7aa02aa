// SPDX-License-Identifier: Apache-2.0
#include "core/io/untrusted_text.h"

#include <cstdint>

#include "core/base/text.h"

namespace lamina {
namespace {

// Bytes of the well-formed UTF-8 sequence at the start of `text`, or 0.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const uint8_t second = byte(1);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // surrogate
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // above U+10FFFF
  return length;
}

// C0, DEL and C1 (U+0080..U+009F): a terminal may obey them.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && static_cast<uint8_t>(sequence[1]) < 0xa0);
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, size_t limit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = sequence_length(text.substr(at));
    const std::string_view sequence = text.substr(at, length == 0 ? 1 : length);
    if (at + sequence.size() > limit) break;
    if (length == 0 || is_control(sequence)) {
      for (const char raw : sequence) {
        const auto byte = static_cast<uint8_t>(raw);
        shown += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
      }
    } else {
      shown += sequence;
    }
    at += sequence.size();
  }
  if (at < text.size()) shown += lamina::text("... (", text.size(), " bytes)");
  return shown;
}

std::string in_quotes(std::string_view text) { return '"' + printable(text) + '"'; }

}  // namespace lamina

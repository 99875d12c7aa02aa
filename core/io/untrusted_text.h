// SPDX-License-Identifier: Apache-2.0
// Text that came out of a file, made fit for a message: a name may hold line breaks, terminal escapes, bytes that are
// no UTF-8, or a megabyte of anything.
#pragma once

#include <string>
#include <string_view>

namespace lamina {

// True if `bytes` is well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF).
bool is_utf8(std::string_view bytes);

// At most `limit` bytes of `text` with control characters and stray bytes as \xNN; a cut is marked by "... (N bytes)".
std::string printable(std::string_view text, size_t limit = 160);

// The same between double quotes.
std::string in_quotes(std::string_view text);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/io/untrusted_text.h"

#include <gtest/gtest.h>

namespace lamina {
namespace {

TEST(UntrustedText, KnowsWellFormedUtf8) {
  for (const char* good : {"", "abc",
                           "gr\xc3\xb6\xc3\x9f"
                           "e",
                           "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xff", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "abc\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
  }
}

TEST(UntrustedText, ShowsPlainTextAsItIs) {
  EXPECT_EQ(in_quotes("block/gr\xc3\xb6\xc3\x9f"
                      "e"),
            "\"block/gr\xc3\xb6\xc3\x9f"
            "e\"");
}

TEST(UntrustedText, EscapesControlCharactersAndStrayBytes) {
  EXPECT_EQ(printable(std::string_view("a\n\x1b[31m\0b", 9)), "a\\x0a\\x1b[31m\\x00b");
  EXPECT_EQ(printable("\x7f\xc2\x9b\xff\xc3"), "\\x7f\\xc2\\x9b\\xff\\xc3");
}

TEST(UntrustedText, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(printable(std::string(200, 'x')), std::string(160, 'x') + "... (200 bytes)");
  EXPECT_EQ(printable("ab\xe2\x82\xac", 4), "ab... (5 bytes)");
  EXPECT_EQ(printable("ab\xe2\x82\xac", 5), "ab\xe2\x82\xac");
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cuda/call_name.h"

#include <cctype>

namespace lamina {
namespace {

// What is called: the text before the parenthesis that the last one closes.
std::string_view callee_of(std::string_view call) {
  int depth = 0;
  for (size_t at = call.size(); at-- > 0;) {
    depth += call[at] == ')' ? 1 : call[at] == '(' ? -1 : 0;
    if (call[at] == '(' && depth == 0) return call.substr(0, at);
  }
  return call;
}

}  // namespace

std::string call_name(std::string_view prefix, std::string_view call) {
  const std::string_view callee = callee_of(call);
  const size_t before_member = callee.find_last_of(".>");
  if (before_member == std::string_view::npos) return std::string(callee);
  std::string name(prefix);
  bool capital = true;
  for (const char letter : callee.substr(before_member + 1)) {
    if (letter != '_') name += capital ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    capital = letter == '_';
  }
  return name;
}

}  // namespace lamina

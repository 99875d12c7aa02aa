// SPDX-License-Identifier: Apache-2.0
// What users read when they make a mistake: kind and message, pinned word for word or looked at in part.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina::testing {

template <class Call>
void expect_error(ErrorKind kind, const std::string& message, Call call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown; expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), message);
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << message;
  }
}

// "3: message" of what the call throws, with the exit code of its kind; for messages that tests match in part.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return text(error.exit_code(), ": ", error.what());
  }
  return "nothing was thrown";
}

}  // namespace lamina::testing

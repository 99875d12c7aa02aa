// SPDX-License-Identifier: Apache-2.0
// Pins what users read when they make a mistake: kind and message, word for word.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"

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

}  // namespace lamina::testing

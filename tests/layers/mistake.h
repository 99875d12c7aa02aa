// SPDX-License-Identifier: Apache-2.0
// Tables of mistakes that users make with layers: one row per message, word for word.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "tests/testing/expect_error.h"

namespace lamina::testing {

struct Mistake {
  const char* name;
  std::function<void()> make;
  std::string message;
  friend std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.name; }
};

// The message about a call, which names the layer's node.
inline std::string at(const std::string& layer, const std::string& message) {
  return "[layer] node \"" + layer + "/layer\": " + message;
}

// For INSTANTIATE_TEST_SUITE_P over a table: a test by the name of each row.
class MistakeTest : public ::testing::TestWithParam<Mistake> {
 public:
  static std::string name(const ::testing::TestParamInfo<Mistake>& row) { return row.param.name; }

 protected:
  static void expect_told() { expect_error(ErrorKind::model, GetParam().message, GetParam().make); }
};

}  // namespace lamina::testing

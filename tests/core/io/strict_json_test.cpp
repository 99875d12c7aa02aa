// SPDX-License-Identifier: Apache-2.0
#include "core/io/strict_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

using testing::expect_error;

// Accepts everything and writes down what it was told.
class Recorder final : public JsonHandler {
 public:
  void open(const JsonPath& path, JsonContainer container) override {
    log_ += place(path) + "=" + describe(container) + " ";
  }
  void close(const JsonPath& path) override { log_ += place(path) + "=end "; }
  void scalar(const JsonPath& path, const nlohmann::json& value) override {
    log_ += place(path) + "=" + describe(value) + " ";
  }

  const std::string& log() const { return log_; }

 private:
  static std::string place(const JsonPath& path) {
    std::string all;
    for (const JsonStep& step : path) all += "/" + (step.index >= 0 ? std::to_string(step.index) : step.key);
    return all;
  }
  std::string log_;
};

std::string events(std::string_view json, const Limits& limits = {}) {
  Recorder recorder;
  read_json(json, "[test] file \"x\"", limits, recorder);
  return recorder.log();
}

std::function<void()> reading(const std::string& json, const Limits& limits = {}) {
  return [=] { events(json, limits); };
}

TEST(StrictJson, TellsEachValueWithItsPath) {
  EXPECT_EQ(events(R"({"a": [1, {"b": "x"}, [true, null]], "c": -2.5})"),
            "=an object /a=a list /a/0=1 /a/1=an object /a/1/b=\"x\" /a/1=end /a/2=a list /a/2/0=true /a/2/1=null "
            "/a/2=end /a=end /c=-2.5 =end ");
  EXPECT_EQ(events("18446744073709551615"), "=18446744073709551615 ");
}

TEST(StrictJson, RefusesAKeyThatStandsTwice) {
  expect_error(ErrorKind::model, {"[test] file \"x\": the key \"a\" stands twice; each may stand once"},
               reading(R"({"a": 1, "b": {"a": 1}, "a": 2})"));
  expect_error(ErrorKind::model, {"the key \"k\" stands twice"}, reading(R"([{"k": {}, "\u006b": 2}])"));
}

TEST(StrictJson, RefusesNestingBeyondTheLimit) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(events(nested(64)));
  expect_error(ErrorKind::model, {"JSON is nested deeper than 64 levels"}, reading(nested(65)));
  expect_error(ErrorKind::model, {"JSON is nested deeper than 64 levels"}, reading(nested(1'000'000)));
  expect_error(ErrorKind::model, {"deeper than 2 levels"}, reading(R"({"a": {"b": {}}})", Limits{.json_depth = 2}));
}

TEST(StrictJson, RefusesWhatIsNotJson) {
  for (const char* bad : {"", " ", "{", "[1,]", "{\"a\" 1}", "{'a': 1}", "nul", "[1] 2", "01", "1e400", "\"\n\"",
                          "\"\\x\"", "{\"a\": 1,}", "NaN", "// note\n1", "\"\\ud800\""}) {
    expect_error(ErrorKind::model, {"[test] file \"x\": not valid JSON at byte"}, reading(bad));
  }
}

TEST(StrictJson, RefusesBytesThatAreNotUtf8AndShowsThemEscaped) {
  expect_error(ErrorKind::model, {"not valid JSON", "ill-formed UTF-8", "\\xff"}, reading("{\"a\xff\": 1}"));
}

TEST(StrictJson, LooksBehindANulByte) {
  expect_error(ErrorKind::model, {"not valid JSON at byte 2: a NUL byte"}, reading(std::string("{}\0garbage", 10)));
}

TEST(StrictJson, DescribesLongStringsShortly) {
  EXPECT_EQ(describe(nlohmann::json(std::string(500, 'x'))), "\"" + std::string(160, 'x') + "... (500 bytes)\"");
}

}  // namespace
}  // namespace lamina

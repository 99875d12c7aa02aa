// SPDX-License-Identifier: Apache-2.0
// JSON from an untrusted file, read as events: no tree is built, so memory follows what the handler keeps. Syntax and
// UTF-8 are checked by nlohmann-json; on top, a key that stands twice, nesting beyond the limit and a NUL byte are
// refused.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/limits.h"

namespace lamina {

// One step on the way from the root to a value: the key in an object, or the index in a list (key is empty then).
struct JsonStep {
  std::string key;
  int64_t index = -1;
};
using JsonPath = std::vector<JsonStep>;  // empty for the root itself

enum class JsonContainer { object, list };

// Receives the values in the order of the text and throws to refuse one.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;
  virtual void open(const JsonPath& path, JsonContainer container) = 0;
  virtual void close(const JsonPath& path) = 0;
  virtual void scalar(const JsonPath& path, const nlohmann::json& value) = 0;  // null, bool, number or string
};

// Throws ErrorKind::model; every message starts with `where` ('[safetensors] file "x": header').
void read_json(std::string_view json_text, const std::string& where, const Limits& limits, JsonHandler& handler);

// "a list", "an object", or the scalar itself, cut to a length fit for a message.
std::string describe(JsonContainer container);
std::string describe(const nlohmann::json& scalar);

}  // namespace lamina

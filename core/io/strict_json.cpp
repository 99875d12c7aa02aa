// SPDX-License-Identifier: Apache-2.0
#include "core/io/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

using nlohmann::json;

// Adapts nlohmann's events, which carry no place, to events with a path.
class Events final : public nlohmann::json_sax<json> {
 public:
  Events(const std::string& where, const Limits& limits, JsonHandler& handler)
      : where_(where), limits_(limits), handler_(handler) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(int64_t value) override { return scalar(value); }
  bool number_unsigned(uint64_t value) override { return scalar(value); }
  bool number_float(double value, const std::string&) override { return scalar(value); }
  bool string(std::string& value) override { return scalar(std::move(value)); }
  bool binary(json::binary_t&) override { return false; }  // does not occur in text

  bool start_object(size_t) override { return open(JsonContainer::object); }
  bool start_array(size_t) override { return open(JsonContainer::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& key) override {
    LAMINA_CHECK(levels_.back().keys.insert(key).second, where_, ": the key ", in_quotes(key),
                 " stands twice; each may stand once");
    path_.back().key = std::move(key);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const json::exception& error) override {
    throw Error(ErrorKind::model,
                text(where_, ": not valid JSON at byte ", position, ": ", printable(error.what(), 300)));
  }

 private:
  struct Level {
    JsonContainer container;
    std::set<std::string> keys;  // ordered: crafted keys cannot make it slow, as they could a hash table
  };

  void next_place() {
    if (!levels_.empty() && levels_.back().container == JsonContainer::list) ++path_.back().index;
  }

  bool scalar(json value) {
    next_place();
    handler_.scalar(path_, value);
    return true;
  }

  bool open(JsonContainer container) {
    next_place();
    LAMINA_CHECK(static_cast<int>(levels_.size()) < limits_.json_depth, where_, ": JSON is nested deeper than ",
                 limits_.json_depth, " levels");
    handler_.open(path_, container);
    levels_.push_back({container, {}});
    path_.emplace_back();
    return true;
  }

  bool close() {
    levels_.pop_back();
    path_.pop_back();
    handler_.close(path_);
    return true;
  }

  const std::string& where_;
  const Limits& limits_;
  JsonHandler& handler_;
  std::vector<Level> levels_;
  JsonPath path_;
};

}  // namespace

void read_json(std::string_view json_text, const std::string& where, const Limits& limits, JsonHandler& handler) {
  // nlohmann takes a NUL for the end of the text and would not look at what follows.
  const size_t nul = json_text.find('\0');
  LAMINA_CHECK(nul == std::string_view::npos, where, ": not valid JSON at byte ", nul, ": a NUL byte");
  Events events(where, limits, handler);
  const bool complete = json::sax_parse(json_text.begin(), json_text.end(), &events);
  LAMINA_ASSERT(complete, "an event handler refuses by throwing");
}

std::string describe(JsonContainer container) { return container == JsonContainer::object ? "an object" : "a list"; }

std::string describe(const json& scalar) {
  return scalar.is_string() ? in_quotes(scalar.get_ref<const std::string&>()) : scalar.dump();
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/io/strict_json.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

struct NamedType {
  std::string_view name;
  FileType type;
};
constexpr std::array<NamedType, 8> kTypes = {{{"F32", {DType::f32}},
                                              {"BF16", {DType::bf16}},
                                              {"F16", {DType::f16}},
                                              {"F64", {DType::f64}},
                                              {"I32", {DType::i32}},
                                              {"U8", {DType::u8}},
                                              {"BOOL", {DType::boolean}},
                                              {"I64", {DType::i32, true}}}};

FileType type_from_name(const std::string& name, const std::string& where) {
  std::vector<std::string_view> known;
  for (const NamedType& entry : kTypes) {
    if (entry.name == name) return entry.type;
    known.push_back(entry.name);
  }
  throw Error(ErrorKind::model, text(where, ": dtype is ", in_quotes(name), ", lamina reads ", join(known),
                                     "; convert the tensor before saving it"));
}

int64_t natural_number(const nlohmann::json& value, const std::string& where, const char* field) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  LAMINA_CHECK(value.is_number_unsigned() && value.get<uint64_t>() <= kMax, where, ": ", field, " holds ",
               describe(value), ", wanted is an integer from 0 to 2^63 - 1");
  return value.get<int64_t>();
}

// The grammar: {"__metadata__": {string: string}, name: {"dtype": string, "shape": [n...], "data_offsets": [n, n]}}.
class HeaderHandler final : public JsonHandler {
 public:
  HeaderHandler(const std::string& where, const Limits& limits) : where_(where), limits_(limits) {}

  SafetensorsHeader take() { return std::move(header_); }

  void open(const JsonPath& path, JsonContainer container) override {
    if (path.size() == 2 && !in_metadata(path) && container == JsonContainer::list && is_list_field(path[1].key)) {
      return mark_seen(path[1].key);
    }
    refuse_unless(path.size() < 2 && container == JsonContainer::object, path, describe(container));
    if (path.size() == 1 && !in_metadata(path)) begin_entry(path[0].key);
  }

  void scalar(const JsonPath& path, const nlohmann::json& value) override {
    const bool place_of_string = path.size() == 2 && (in_metadata(path) || path[1].key == "dtype");
    const bool place_of_number = path.size() == 3;  // open() let only the two lists through
    refuse_unless(place_of_number || (place_of_string && value.is_string()), path, describe(value));
    if (place_of_number) {
      append(path[1].key, value);
    } else if (in_metadata(path)) {
      header_.metadata[path[1].key] = value.get<std::string>();
    } else {
      mark_seen("dtype");
      header_.entries.back().type = type_from_name(value.get<std::string>(), entry_text_);
    }
  }

  void close(const JsonPath& path) override {
    if (path.size() == 1 && !in_metadata(path)) end_entry();
  }

 private:
  static bool in_metadata(const JsonPath& path) { return !path.empty() && path[0].key == kSafetensorsMetadata; }
  static bool is_list_field(const std::string& key) { return key == "shape" || key == "data_offsets"; }

  void refuse_unless(bool allowed, const JsonPath& path, const std::string& found) const {
    if (allowed) return;
    LAMINA_ASSERT(!path.empty(), "a text that begins with '{' is an object");
    if (in_metadata(path)) {
      const std::string place = path.size() == 1 ? "" : " entry " + in_quotes(path[1].key);
      throw Error(ErrorKind::model, text(where_, ": __metadata__", place, " is ", found, ", wanted is ",
                                         path.size() == 1 ? "an object" : "a string"));
    }
    LAMINA_CHECK(path.size() > 1, where_, ": tensor ", in_quotes(path[0].key), " is ", found,
                 ", wanted is an object of dtype, shape and data_offsets");
    const std::string& field = path[1].key;
    LAMINA_CHECK(field == "dtype" || is_list_field(field), entry_text_, ": unknown field ", in_quotes(field),
                 "; known are dtype, shape, data_offsets");
    throw Error(ErrorKind::model, text(entry_text_, ": ", field, path.size() > 2 ? " holds " : " is ", found,
                                       ", wanted is ", field == "dtype" ? "a string" : "a list of integers"));
  }

  void begin_entry(const std::string& name) {
    LAMINA_CHECK(static_cast<int64_t>(header_.entries.size()) < limits_.tensors, where_, ": more than ",
                 limits_.tensors, " tensors");
    LAMINA_CHECK(static_cast<int64_t>(name.size()) <= limits_.name_bytes, where_, ": tensor ", in_quotes(name),
                 " has a name of ", name.size(), " bytes, at most ", limits_.name_bytes, " are allowed");
    header_.entries.emplace_back();
    header_.entries.back().name = name;
    entry_text_ = text(where_, ": tensor ", in_quotes(name));
    offsets_.clear();
    seen_.clear();
  }

  void mark_seen(const std::string& field) { seen_.push_back(field); }

  void append(const std::string& field, const nlohmann::json& value) {
    SafetensorsEntry& entry = header_.entries.back();
    std::vector<int64_t>& list = field == "shape" ? entry.shape : offsets_;
    // Refused here and not at the end of the list, so that a list of a million numbers is never kept.
    const size_t most = field == "shape" ? static_cast<size_t>(limits_.rank) : 2;
    LAMINA_CHECK(list.size() < most, entry_text_, ": ", field, " has more than ", most, " numbers");
    list.push_back(natural_number(value, entry_text_, field.c_str()));
  }

  void end_entry() {
    for (const std::string field : {"dtype", "shape", "data_offsets"}) {
      LAMINA_CHECK(std::find(seen_.begin(), seen_.end(), field) != seen_.end(), entry_text_, ": ", field,
                   " is missing");
    }
    LAMINA_CHECK(offsets_.size() == 2, entry_text_, ": data_offsets has ", offsets_.size(), " numbers, wanted are 2");
    header_.entries.back().begin = offsets_[0];
    header_.entries.back().end = offsets_[1];
  }

  const std::string& where_;
  const Limits& limits_;
  SafetensorsHeader header_;
  std::string entry_text_;         // names the last entry in messages
  std::vector<int64_t> offsets_;   // of the last entry
  std::vector<std::string> seen_;  // fields of the last entry
};

std::string offsets_text(const SafetensorsEntry& entry) {
  return text("data_offsets [", entry.begin, ", ", entry.end, "]");
}

// Shape and dtype must give exactly the bytes between the offsets, and those must lie in the file.
void check_sizes(const SafetensorsHeader& header, int64_t data_bytes, const std::string& where, const Limits& limits) {
  for (const SafetensorsEntry& entry : header.entries) {
    const std::string tensor = text(where, ": tensor ", in_quotes(entry.name));
    LAMINA_CHECK(entry.begin <= entry.end, tensor, ": ", offsets_text(entry), " are reversed");
    LAMINA_CHECK(entry.end <= data_bytes, tensor, ": ", offsets_text(entry), " end beyond the ", data_bytes,
                 " bytes of data in the file; it is truncated: copy or save it again");
    const int64_t wanted = checked_bytes(entry.shape, entry.type.bytes(), tensor, limits);
    LAMINA_CHECK(wanted == entry.end - entry.begin, tensor, ": ", offsets_text(entry), " hold ",
                 entry.end - entry.begin, " bytes, shape ", shape_text(entry.shape), " of ", entry.type.bytes(),
                 "-byte elements takes ", wanted);
  }
}

// Sorted by place, each tensor must begin where the one before ends: no gap, no overlap, no byte left over.
void check_cover(const SafetensorsHeader& header, int64_t data_bytes, const std::string& where) {
  std::vector<const SafetensorsEntry*> by_place;
  for (const SafetensorsEntry& entry : header.entries) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  int64_t covered = 0;
  const SafetensorsEntry* before = nullptr;
  for (const SafetensorsEntry* entry : by_place) {
    LAMINA_CHECK(entry->begin == covered, where, ": tensor ", in_quotes(entry->name), ": ", offsets_text(*entry),
                 entry->begin < covered ? " overlap: " : " leave a gap: ",
                 before ? text("tensor ", in_quotes(before->name), " ends") : "the data begins", " at ", covered);
    covered = entry->end;
    before = entry;
  }
  LAMINA_CHECK(covered == data_bytes, where, ": ", data_bytes - covered, " bytes after the last tensor belong to none");
}

}  // namespace

SafetensorsHeader read_safetensors_header(std::span<const std::byte> file, const std::string& where,
                                          const Limits& limits) {
  LAMINA_CHECK(file.size() >= kSafetensorsPrefix, where, ": the file has ", file.size(),
               " bytes, the length of the header alone takes ", kSafetensorsPrefix);
  const auto length = load<uint64_t>(file, 0);
  const uint64_t present = file.size() - kSafetensorsPrefix;
  LAMINA_CHECK(length > 0, where, ": header length is 0; this is no safetensors file");
  LAMINA_CHECK(length <= present, where, ": header length is ", length, ", but only ", present,
               " bytes follow; the file is truncated or no safetensors file");
  LAMINA_CHECK(length <= static_cast<uint64_t>(limits.header_bytes), where, ": header length is ", length,
               ", the limit is ", limits.header_bytes);
  const std::string_view json(reinterpret_cast<const char*>(file.data()) + kSafetensorsPrefix, length);
  LAMINA_CHECK(json.front() == '{', where, ": the header begins with ", in_quotes(json.substr(0, 1)),
               ", wanted is \"{\"");

  HeaderHandler handler(where, limits);
  read_json(json, where + ": header", limits, handler);
  SafetensorsHeader header = handler.take();
  header.data_at = static_cast<int64_t>(kSafetensorsPrefix + length);
  const auto data_bytes = static_cast<int64_t>(present - length);
  check_sizes(header, data_bytes, where, limits);
  check_cover(header, data_bytes, where);
  return header;
}

std::string_view safetensors_name(DType type) {
  const auto* entry = std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& known) {
    return known.type.dtype == type && !known.type.is_i64;
  });
  LAMINA_ASSERT(entry != kTypes.end());
  return entry->name;
}

}  // namespace lamina

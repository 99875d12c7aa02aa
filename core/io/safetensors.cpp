// SPDX-License-Identifier: Apache-2.0
#include "core/io/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "core/io/safetensors_header.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 8;  // of the first element in the file

// A JSON string; nlohmann escapes it and refuses what is not UTF-8, which is checked before so that the name is told.
std::string json_string(const std::string& value, const char* what) {
  LAMINA_CHECK(is_utf8(value), "[safetensors] the ", what, " ", in_quotes(value), " is not UTF-8; choose another");
  return nlohmann::json(value).dump();
}

void check_names(const NamedTensors& tensors, const Limits& limits) {
  LAMINA_CHECK(static_cast<int64_t>(tensors.tensors.size()) <= limits.tensors, "[safetensors] ", tensors.tensors.size(),
               " tensors, readers take ", limits.tensors);
  std::set<std::string_view> names;
  for (const NamedTensor& entry : tensors.tensors) {
    LAMINA_CHECK(entry.name != kSafetensorsMetadata, "[safetensors] no tensor can be named ", kSafetensorsMetadata,
                 "; the format keeps this name for itself");
    LAMINA_CHECK(static_cast<int64_t>(entry.name.size()) <= limits.name_bytes, "[safetensors] tensor ",
                 in_quotes(entry.name), " has a name of ", entry.name.size(), " bytes, readers take ",
                 limits.name_bytes);
    LAMINA_CHECK(names.insert(entry.name).second, "[safetensors] two tensors are named ", in_quotes(entry.name));
  }
}

// Positions of the tensors in the order of their elements in the file: the largest element type first, so that every
// offset is a multiple of the element size.
std::vector<size_t> data_order(const NamedTensors& tensors) {
  std::vector<size_t> order(tensors.tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return size_of(tensors.tensors[a].tensor.dtype()) > size_of(tensors.tensors[b].tensor.dtype());
  });
  return order;
}

std::string header_text(const NamedTensors& tensors, const std::vector<size_t>& order) {
  std::vector<size_t> begins(order.size());
  size_t end = 0;
  for (const size_t at : order) {
    begins[at] = end;
    end += tensors.tensors[at].tensor.bytes();
  }
  std::vector<std::string> members;
  if (!tensors.metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : tensors.metadata) {
      pairs.push_back(json_string(key, "metadata key") + ":" + json_string(value, "metadata value"));
    }
    members.push_back(text('"', kSafetensorsMetadata, "\":{", join(pairs, ","), '}'));
  }
  for (size_t i = 0; i < tensors.tensors.size(); ++i) {
    const auto& [name, tensor] = tensors.tensors[i];
    members.push_back(text(json_string(name, "tensor name"), ":{\"dtype\":\"", safetensors_name(tensor.dtype()),
                           "\",\"shape\":[", join(tensor.extents(), ","), "],\"data_offsets\":[", begins[i], ',',
                           begins[i] + tensor.bytes(), "]}"));
  }
  std::string header = text('{', join(members, ","), '}');
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  return header;
}

}  // namespace

NamedTensors read_safetensors(std::span<const std::byte> bytes, const std::string& source, const Limits& limits) {
  const std::string where = text("[safetensors] file ", in_quotes(source));
  SafetensorsHeader header = read_safetensors_header(bytes, where, limits);
  NamedTensors result;
  result.metadata = std::move(header.metadata);
  result.tensors.reserve(header.entries.size());
  for (SafetensorsEntry& entry : header.entries) {
    const auto elements =
        bytes.subspan(static_cast<size_t>(header.data_at + entry.begin), static_cast<size_t>(entry.end - entry.begin));
    HostTensor tensor =
        decode_elements(entry.type, entry.shape, elements, text(where, ": tensor ", in_quotes(entry.name)));
    result.tensors.push_back({std::move(entry.name), std::move(tensor)});
  }
  return result;
}

NamedTensors read_safetensors(const std::filesystem::path& path, const Limits& limits) {
  return read_safetensors(read_file(path, limits), path.native(), limits);
}

void write_safetensors(ByteSink& sink, const NamedTensors& tensors, const Limits& limits) {
  check_names(tensors, limits);
  const std::vector<size_t> order = data_order(tensors);
  const std::string header = header_text(tensors, order);
  LAMINA_CHECK(static_cast<int64_t>(header.size()) <= limits.header_bytes, "[safetensors] the header takes ",
               header.size(), " bytes, readers take ", limits.header_bytes, "; shorten names and metadata");
  const auto length = static_cast<uint64_t>(header.size());
  sink.write(&length, sizeof(length));
  sink.write(header);
  for (const size_t at : order) sink.write(tensors.tensors[at].tensor.data(), tensors.tensors[at].tensor.bytes());
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Limits& limits) {
  write_file_atomically(path, [&](ByteSink& sink) { write_safetensors(sink, tensors, limits); });
}

}  // namespace lamina

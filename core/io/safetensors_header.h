// SPDX-License-Identifier: Apache-2.0
// The header of a safetensors file: from JSON to entries whose places in the file are proven. Internal to core/io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/elements.h"
#include "core/io/limits.h"

namespace lamina {

inline constexpr size_t kSafetensorsPrefix = 8;  // the header's length, little-endian
inline constexpr std::string_view kSafetensorsMetadata = "__metadata__";

struct SafetensorsEntry {
  std::string name;
  FileType type;
  std::vector<int64_t> shape;
  int64_t begin = 0;  // bytes from the end of the header
  int64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of the header
  std::map<std::string, std::string> metadata;
  int64_t data_at = 0;  // where the elements begin in the file
};

// Throws unless entries and elements cover the file exactly. `where` names the file.
SafetensorsHeader read_safetensors_header(std::span<const std::byte> file, const std::string& where,
                                          const Limits& limits);

std::string_view safetensors_name(DType type);  // "F32"

}  // namespace lamina

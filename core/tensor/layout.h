// SPDX-License-Identifier: Apache-2.0
// How a tensor's elements lie in memory: plain strides, blocked (an inner block of one axis, padded), or opaque (the
// private format of one library, of which only the bytes are known). Core knows no library's header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/extents.h"

namespace lamina {

struct Layout {
  enum class Kind : uint8_t { row_major, blocked, opaque };

  Kind kind = Kind::row_major;
  int block_axis = 0;        // blocked: which axis is split
  int64_t block = 0;         // blocked: elements of that axis that lie together, innermost; the tail is zero padded
  int64_t opaque_bytes = 0;  // opaque: size in memory
  std::string tag;           // opaque: "<library>:<format>"; equal tags are equal formats
  std::shared_ptr<const void> description = {};  // opaque: the library's own, for its conversions

  static Layout row_major() { return {}; }
  static Layout blocked(int axis, int64_t block) { return {Kind::blocked, axis, block, 0, {}}; }
  static Layout opaque(std::string tag, int64_t bytes, std::shared_ptr<const void> description = {}) {
    return {Kind::opaque, 0, 0, bytes, std::move(tag), std::move(description)};
  }

  // Bytes that a tensor of `extents` with elements of `element_bytes` takes, padding included.
  int64_t bytes(const Extents& extents, int64_t element_bytes) const {
    if (kind == Kind::opaque) return opaque_bytes;
    Extents padded = extents;
    if (kind == Kind::blocked) padded[block_axis] = (extents[block_axis] + block - 1) / block * block;
    return padded.count() * element_bytes;
  }

  friend bool operator==(const Layout& a, const Layout& b) {
    return a.kind == b.kind && a.block_axis == b.block_axis && a.block == b.block && a.opaque_bytes == b.opaque_bytes && a.tag == b.tag;
  }
};

inline std::string to_string(const Layout& layout) {
  switch (layout.kind) {
    case Layout::Kind::row_major: return "row_major";
    case Layout::Kind::blocked:
      return "blocked(axis " + std::to_string(layout.block_axis) + " by " + std::to_string(layout.block) + ")";
    case Layout::Kind::opaque: break;
  }
  return layout.tag;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Members of a zip archive in memory: what numpy and Python's zipfile write (stored and deflated, zip64), and nothing
// more. A member's name is a name and never becomes a path; nothing is written to the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/io/limits.h"

namespace lamina {

struct ZipMember {
  std::string name;  // UTF-8 without NUL
  uint16_t method = 0;
  uint32_t crc = 0;                   // of the unpacked bytes
  int64_t unpacked_bytes = 0;         // what extract() allocates
  std::span<const std::byte> packed;  // in the archive's memory
};

// The members in the order of the central directory. Throws ErrorKind::model if the archive is damaged, encrypted,
// split, uses another method, if two members share a name or bytes, or if unpacking would exceed the limits. `where`
// names the file.
std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, const std::string& where,
                                          const Limits& limits);

// The unpacked bytes of a member, with its CRC-32 checked: in the archive if they are stored, else put into `storage`.
std::span<const std::byte> extract(const ZipMember& member, std::vector<std::byte>& storage, const std::string& where);

}  // namespace lamina

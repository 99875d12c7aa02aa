// SPDX-License-Identifier: Apache-2.0
// Writes a zip archive that numpy and any unzip tool open. Members carry no time, so that equal contents give equal
// bytes. Archives and members stay below 4 GiB; beyond that the writer refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/io/byte_sink.h"

namespace lamina {

enum class ZipPacking { stored, deflated };

class ZipWriter {
 public:
  explicit ZipWriter(ByteSink& sink) : sink_(sink) {}

  // A member made of `parts`, one after the other. Stored parts are written as they are, without a copy; deflated ones
  // are packed in memory first. `name` is UTF-8.
  void add(const std::string& name, const std::vector<std::span<const std::byte>>& parts, ZipPacking packing);

  void finish();  // writes the directory; nothing may be added after it

 private:
  struct Record {
    std::string name;
    uint16_t flags = 0;
    uint16_t method = 0;
    uint32_t crc = 0;
    uint32_t packed_bytes = 0;
    uint32_t unpacked_bytes = 0;
    uint32_t offset = 0;
  };

  void write(std::span<const std::byte> bytes);

  ByteSink& sink_;
  std::vector<Record> records_;
  uint64_t written_ = 0;
};

}  // namespace lamina

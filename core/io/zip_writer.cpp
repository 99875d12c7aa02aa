// SPDX-License-Identifier: Apache-2.0
#include "core/io/zip_writer.h"

#include "core/base/check.h"
#include "core/io/untrusted_text.h"
#include "core/io/zip_deflate.h"
#include "core/io/zip_format.h"

namespace lamina {
namespace {

constexpr uint16_t kVersionNeeded = 20;           // deflate
constexpr uint16_t kMadeBy = (3u << 8) | 20;      // unix, so that the attributes below are permissions
constexpr uint32_t kAttributes = 0100644u << 16;  // a regular file, rw-r--r--
constexpr uint16_t kFirstDate = (1u << 5) | 1;    // 1 January 1980, the earliest that the format knows

// A record of the format: little-endian numbers without padding.
class RecordBytes {
 public:
  template <class T>
  RecordBytes& put(T value) {
    for (size_t i = 0; i < sizeof(T); ++i)
      bytes_.push_back(static_cast<std::byte>(static_cast<uint64_t>(value) >> (8 * i)));
    return *this;
  }
  RecordBytes& put(const std::string& name) {
    for (const char letter : name) bytes_.push_back(static_cast<std::byte>(letter));
    return *this;
  }
  operator std::span<const std::byte>() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

uint32_t below_4_gib(uint64_t bytes, const std::string& what) {
  LAMINA_CHECK(bytes < zip::kIn64, "[npz] ", what, " would take ", bytes, " bytes, npz files are written up to 4 GiB; ",
               "write safetensors");
  return static_cast<uint32_t>(bytes);
}

}  // namespace

void ZipWriter::write(std::span<const std::byte> bytes) {
  sink_.write(bytes.data(), bytes.size());
  written_ += bytes.size();
}

void ZipWriter::add(const std::string& name, const std::vector<std::span<const std::byte>>& parts, ZipPacking packing) {
  LAMINA_CHECK(name.size() < zip::kIn64Short && is_utf8(name) && name.find('\0') == std::string::npos,
               "[npz] the name ", in_quotes(name), " is too long, not UTF-8 or holds a NUL byte; choose another");
  LAMINA_CHECK(records_.size() + 1 < zip::kIn64Short, "[npz] more than ", zip::kIn64Short - 1,
               " arrays; write safetensors");
  const std::string what = "array " + in_quotes(name);
  uint64_t unpacked = 0;
  Record record{.name = name, .flags = zip::kUtf8Flag};
  for (const auto part : parts) unpacked += part.size();
  record.unpacked_bytes = below_4_gib(unpacked, what);
  record.offset = below_4_gib(written_, "the archive up to " + what);
  for (const auto part : parts) record.crc = zip::crc32(part, record.crc);
  MemorySink packed;
  if (packing == ZipPacking::deflated) zip::deflate_parts(parts, packed);
  record.method = packing == ZipPacking::deflated ? zip::kDeflated : zip::kStored;
  record.packed_bytes = packing == ZipPacking::deflated ? below_4_gib(packed.bytes().size(), what) : record.unpacked_bytes;

  write(RecordBytes()
            .put(zip::kLocalHeader)
            .put(kVersionNeeded)
            .put(record.flags)
            .put(record.method)
            .put(uint16_t{0})
            .put(kFirstDate)
            .put(record.crc)
            .put(record.packed_bytes)
            .put(record.unpacked_bytes)
            .put(static_cast<uint16_t>(name.size()))
            .put(uint16_t{0})
            .put(name));
  if (packing == ZipPacking::deflated) {
    write(packed.bytes());
  } else {
    for (const auto part : parts) write(part);
  }
  records_.push_back(std::move(record));
}

void ZipWriter::finish() {
  const uint32_t begin = below_4_gib(written_, "the archive");
  for (const Record& record : records_) {
    write(RecordBytes()
              .put(zip::kCentralHeader)
              .put(kMadeBy)
              .put(kVersionNeeded)
              .put(record.flags)
              .put(record.method)
              .put(uint16_t{0})
              .put(kFirstDate)
              .put(record.crc)
              .put(record.packed_bytes)
              .put(record.unpacked_bytes)
              .put(static_cast<uint16_t>(record.name.size()))
              .put(uint16_t{0})  // extra field
              .put(uint16_t{0})  // comment
              .put(uint16_t{0})  // disk
              .put(uint16_t{0})  // internal attributes
              .put(kAttributes)
              .put(record.offset)
              .put(record.name));
  }
  const uint32_t bytes = below_4_gib(written_ - begin, "the directory");
  const auto members = static_cast<uint16_t>(records_.size());
  write(RecordBytes()
            .put(zip::kEnd)
            .put(uint32_t{0})  // number of this file and of the directory's
            .put(members)
            .put(members)
            .put(bytes)
            .put(begin)
            .put(uint16_t{0}));  // comment
}

}  // namespace lamina

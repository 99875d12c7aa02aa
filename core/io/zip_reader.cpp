// SPDX-License-Identifier: Apache-2.0
#include "core/io/zip_reader.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/io/elements.h"
#include "core/io/untrusted_text.h"
#include "core/io/zip_format.h"

namespace lamina {
namespace {

constexpr std::string_view kDamaged = "; the archive is damaged: copy or save it again";

// deflate's best case is 258 bytes from 2 bits; more than this cannot come out, whatever the header says.
constexpr int64_t kMaxExpansion = 1032;

struct Directory {
  size_t begin = 0;
  size_t end = 0;
  uint64_t members = 0;
};

// A member together with the bytes that it takes in the archive, local header included.
struct Placed {
  ZipMember member;
  uint16_t flags = 0;
  uint64_t packed_bytes = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

Directory find_directory(std::span<const std::byte> archive, const std::string& where) {
  LAMINA_CHECK(
      archive.size() >= zip::kEndBytes && load<uint32_t>(archive, archive.size() - zip::kEndBytes) == zip::kEnd, where,
      ": its last ", zip::kEndBytes,
      " bytes are not the end of a zip archive; it is truncated, has a comment "
      "or is no npz file: save it again with numpy.savez");
  size_t end = archive.size() - zip::kEndBytes;
  const auto record = archive.subspan(end);
  LAMINA_CHECK(load<uint32_t>(record, 4) == 0 && load<uint16_t>(record, 20) == 0, where,
               ": the archive is split over several files or has a comment; save it again with numpy.savez");
  uint64_t members = load<uint16_t>(record, 10);
  uint64_t bytes = load<uint32_t>(record, 12);
  uint64_t begin = load<uint32_t>(record, 16);
  LAMINA_CHECK(load<uint16_t>(record, 8) == members, where, ": the two counts of members differ", kDamaged);

  if (end >= zip::kEnd64LocatorBytes + zip::kEnd64Bytes &&
      load<uint32_t>(archive, end - zip::kEnd64LocatorBytes) == zip::kEnd64Locator) {
    const auto locator = archive.subspan(end - zip::kEnd64LocatorBytes);
    end -= zip::kEnd64LocatorBytes + zip::kEnd64Bytes;  // no other place is possible without an extensible data sector
    const auto record64 = archive.subspan(end);
    LAMINA_CHECK(load<uint64_t>(locator, 8) == end && load<uint32_t>(record64, 0) == zip::kEnd64 &&
                     load<uint64_t>(record64, 4) == zip::kEnd64Bytes - 12 && load<uint64_t>(record64, 16) == 0,
                 where, ": the zip64 end record is not where it must be", kDamaged);
    members = load<uint64_t>(record64, 32);
    bytes = load<uint64_t>(record64, 40);
    begin = load<uint64_t>(record64, 48);
    LAMINA_CHECK(load<uint64_t>(record64, 24) == members, where, ": the two counts of members differ", kDamaged);
  }
  LAMINA_CHECK(begin <= end && bytes == end - begin, where, ": the directory of ", bytes, " bytes at ", begin,
               " does not end at ", end, kDamaged);
  return {static_cast<size_t>(begin), end, members};
}

// Replaces those of the three numbers that say "in the zip64 extra field"; they stand there in this order.
void read_zip64(std::span<const std::byte> extra, uint64_t& unpacked, uint64_t& packed, uint64_t& offset,
                const std::string& where) {
  while (extra.size() >= 4) {
    const auto id = load<uint16_t>(extra, 0);
    const size_t bytes = load<uint16_t>(extra, 2);
    LAMINA_CHECK(bytes <= extra.size() - 4, where, ": an extra field is longer than its place", kDamaged);
    auto field = extra.subspan(4, bytes);
    extra = extra.subspan(4 + bytes);
    if (id != zip::kZip64Extra) continue;
    for (uint64_t* number : {&unpacked, &packed, &offset}) {
      if (*number != zip::kIn64) continue;
      LAMINA_CHECK(field.size() >= 8, where, ": the zip64 field is too short", kDamaged);
      *number = load<uint64_t>(field, 0);
      field = field.subspan(8);
    }
    return;
  }
}

void check_name(const std::string& name, const std::string& where, const Limits& limits) {
  LAMINA_CHECK(static_cast<int64_t>(name.size()) <= limits.name_bytes, where, ": member ", in_quotes(name),
               " has a name of ", name.size(), " bytes, at most ", limits.name_bytes, " are allowed");
  LAMINA_CHECK(is_utf8(name) && name.find('\0') == std::string::npos, where, ": the member name ", in_quotes(name),
               " is not UTF-8 or holds a NUL byte");
}

// Reads the directory's record at `at` and moves `at` behind it.
Placed read_central_header(std::span<const std::byte> archive, const Directory& directory, size_t& at,
                           const std::string& where, const Limits& limits) {
  LAMINA_CHECK(directory.end - at >= zip::kCentralHeaderBytes && load<uint32_t>(archive, at) == zip::kCentralHeader,
               where, ": no directory record at byte ", at, kDamaged);
  const auto record = archive.subspan(at, directory.end - at);
  const size_t name_bytes = load<uint16_t>(record, 28);
  const size_t extra_bytes = load<uint16_t>(record, 30);
  const size_t comment_bytes = load<uint16_t>(record, 32);
  const size_t bytes = zip::kCentralHeaderBytes + name_bytes + extra_bytes + comment_bytes;
  LAMINA_CHECK(bytes <= record.size(), where, ": the directory record at byte ", at, " is longer than the directory",
               kDamaged);

  Placed placed;
  ZipMember& member = placed.member;
  member.name.assign(reinterpret_cast<const char*>(record.data()) + zip::kCentralHeaderBytes, name_bytes);
  check_name(member.name, where, limits);
  const std::string member_text = text(where, ": member ", in_quotes(member.name));
  placed.flags = load<uint16_t>(record, 8);
  member.method = load<uint16_t>(record, 10);
  member.crc = load<uint32_t>(record, 16);
  uint64_t packed = load<uint32_t>(record, 20);
  uint64_t unpacked = load<uint32_t>(record, 24);
  uint64_t offset = load<uint32_t>(record, 42);
  read_zip64(record.subspan(zip::kCentralHeaderBytes + name_bytes, extra_bytes), unpacked, packed, offset, member_text);

  LAMINA_CHECK((placed.flags & zip::kEncryptedFlag) == 0, member_text,
               " is encrypted; save the archive without a password");
  LAMINA_CHECK(member.method == zip::kStored || member.method == zip::kDeflated, member_text, " is packed by method ",
               member.method, ", read are 0 (stored) and 8 (deflate); save it with numpy.savez or savez_compressed");
  LAMINA_CHECK(offset < directory.begin && packed <= directory.begin - offset, member_text, ": ", packed, " bytes at ",
               offset, " reach beyond the ", directory.begin, " bytes before the directory", kDamaged);
  const uint64_t most = member.method == zip::kStored ? packed : packed * kMaxExpansion;
  LAMINA_CHECK(unpacked <= most && (member.method == zip::kDeflated || unpacked == packed), member_text, " claims ",
               unpacked, " bytes, its ", packed, member.method == zip::kStored ? " stored bytes" : " deflated bytes",
               " cannot hold them", kDamaged);
  member.unpacked_bytes = static_cast<int64_t>(unpacked);
  placed.packed_bytes = packed;
  placed.begin = offset;
  at += bytes;
  return placed;
}

// Finds the member's bytes behind its local header, which must say the same as the directory.
void place(Placed& placed, std::span<const std::byte> archive, const Directory& directory, const std::string& where) {
  ZipMember& member = placed.member;
  const std::string member_text = text(where, ": member ", in_quotes(member.name));
  const auto record = archive.subspan(placed.begin, directory.begin - placed.begin);
  LAMINA_CHECK(record.size() >= zip::kLocalHeaderBytes && load<uint32_t>(record, 0) == zip::kLocalHeader, member_text,
               " has no header at byte ", placed.begin, kDamaged);
  const size_t name_bytes = load<uint16_t>(record, 26);
  const size_t header_bytes = zip::kLocalHeaderBytes + name_bytes + load<uint16_t>(record, 28);
  LAMINA_CHECK(header_bytes <= record.size() && placed.packed_bytes <= record.size() - header_bytes, member_text,
               " reaches into the directory", kDamaged);
  const std::string_view name(reinterpret_cast<const char*>(record.data()) + zip::kLocalHeaderBytes, name_bytes);
  LAMINA_CHECK(name == member.name, member_text, " is named ", in_quotes(name), " in its own header", kDamaged);
  const bool sizes_follow = (placed.flags & zip::kSizesFollowFlag) != 0;
  LAMINA_CHECK(load<uint16_t>(record, 6) == placed.flags && load<uint16_t>(record, 8) == member.method &&
                   (sizes_follow || load<uint32_t>(record, 14) == member.crc),
               member_text, ": its header and the directory differ in flags, method or CRC", kDamaged);
  member.packed = record.subspan(header_bytes, placed.packed_bytes);
  placed.end = placed.begin + header_bytes + placed.packed_bytes;
}

// Members that share bytes let a small archive unpack to any size (a "zip bomb" without nesting).
void check_places(const std::vector<Placed>& all, const std::string& where) {
  std::vector<const Placed*> by_place;
  for (const Placed& placed : all) by_place.push_back(&placed);
  std::sort(by_place.begin(), by_place.end(), [](const Placed* a, const Placed* b) { return a->begin < b->begin; });
  for (size_t i = 1; i < by_place.size(); ++i) {
    LAMINA_CHECK(by_place[i - 1]->end <= by_place[i]->begin, where, ": members ",
                 in_quotes(by_place[i - 1]->member.name), " and ", in_quotes(by_place[i]->member.name), " share bytes",
                 kDamaged);
  }
}

void check_names_and_sizes(const std::vector<Placed>& all, size_t archive_bytes, const std::string& where,
                           const Limits& limits) {
  std::set<std::string_view> names;
  int64_t total = 0;  // at most kMaxExpansion times the archive, since members share no bytes
  for (const Placed& placed : all) {
    const ZipMember& member = placed.member;
    LAMINA_CHECK(names.insert(member.name).second, where, ": two members are named ", in_quotes(member.name));
    total += member.unpacked_bytes;
  }
  const int64_t allowed =
      std::max(limits.free_expansion_bytes,
               checked_multiply(limits.expansion, static_cast<int64_t>(archive_bytes), where.c_str()));
  LAMINA_CHECK(total <= allowed, where, ": ", archive_bytes, " bytes would unpack to ", total, ", the limit is ",
               allowed, " (", limits.expansion, " times, or ", limits.free_expansion_bytes,
               " bytes); if the file is trusted, raise "
               "Limits::expansion or save it with numpy.savez, which does not pack");
}

}  // namespace

std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, const std::string& where,
                                          const Limits& limits) {
  const Directory directory = find_directory(archive, where);
  LAMINA_CHECK(directory.members <= static_cast<uint64_t>(limits.tensors), where, ": ", directory.members,
               " members, the limit is ", limits.tensors);
  LAMINA_CHECK(directory.members <= (directory.end - directory.begin) / zip::kCentralHeaderBytes, where, ": ",
               directory.members, " members do not fit into a directory of ", directory.end - directory.begin, " bytes",
               kDamaged);
  std::vector<Placed> all;
  size_t at = directory.begin;
  for (uint64_t i = 0; i < directory.members; ++i) {
    all.push_back(read_central_header(archive, directory, at, where, limits));
    place(all.back(), archive, directory, where);
  }
  LAMINA_CHECK(at == directory.end, where, ": ", directory.end - at, " bytes follow the last directory record",
               kDamaged);
  check_places(all, where);
  check_names_and_sizes(all, archive.size(), where, limits);
  std::vector<ZipMember> members;
  for (Placed& placed : all) members.push_back(std::move(placed.member));
  return members;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// extract() of zip_reader.h and the CRC of zip_format.h: the part of the archive that needs zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"
#include "core/io/zip_format.h"
#include "core/io/zip_reader.h"

namespace lamina {
namespace {

class Inflater {
 public:
  Inflater() {
    const int status = inflateInit2(&stream_, zip::kRawDeflateBits);
    if (status != Z_OK) throw Error(ErrorKind::device, "zlib cannot start: out of memory");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  // True if `packed` is one whole deflate stream that fills `unpacked` exactly. zlib counts in 32 bits, so that large
  // members take several rounds.
  bool run(std::span<const std::byte> packed, std::span<std::byte> unpacked) {
    std::byte none{};  // zlib wants an address even where nothing may be written
    size_t read = 0;
    size_t written = 0;
    int status = Z_OK;
    while (status == Z_OK) {
      const uInt in = round_of(packed.size() - read);
      const uInt out = round_of(unpacked.size() - written);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + read));  // only read by zlib
      stream_.next_out = reinterpret_cast<Bytef*>(unpacked.empty() ? &none : unpacked.data() + written);
      stream_.avail_in = in;
      stream_.avail_out = out;
      status = inflate(&stream_, Z_NO_FLUSH);  // Z_BUF_ERROR once neither side can move
      read += in - stream_.avail_in;
      written += out - stream_.avail_out;
    }
    return status == Z_STREAM_END && read == packed.size() && written == unpacked.size();
  }

 private:
  static uInt round_of(size_t bytes) {
    return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<int>::max()));
  }

  z_stream stream_{};
};

}  // namespace

uint32_t zip::crc32(std::span<const std::byte> bytes, uint32_t so_far) {
  if (bytes.empty()) return so_far;  // zlib takes the address of an empty span for "start anew"
  return static_cast<uint32_t>(::crc32_z(so_far, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::span<const std::byte> extract(const ZipMember& member, std::vector<std::byte>& storage, const std::string& where) {
  const std::string member_text = text(where, ": member ", in_quotes(member.name));
  std::span<const std::byte> unpacked = member.packed;
  if (member.method == zip::kDeflated) {
    try {
      storage.assign(static_cast<size_t>(member.unpacked_bytes), std::byte{0});
    } catch (const std::bad_alloc&) {
      throw Error(ErrorKind::device,
                  text(member_text, ": not enough memory for its ", member.unpacked_bytes, " bytes"));
    }
    LAMINA_CHECK(Inflater().run(member.packed, storage), member_text, ": its ", member.packed.size(),
                 " deflated bytes are damaged or do not unpack to ", member.unpacked_bytes,
                 " bytes; copy or save the file again");
    unpacked = storage;
  }
  const uint32_t crc = zip::crc32(unpacked);
  LAMINA_CHECK(crc == member.crc, member_text, ": CRC-32 of its bytes is ", crc, ", the archive says ", member.crc,
               "; the file is damaged: copy or save it again");
  return unpacked;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/io/zip_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/io/zip_format.h"

namespace lamina {
namespace {

class Deflater {
 public:
  explicit Deflater(ByteSink& sink) : sink_(sink) {
    const int status =
        deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, zip::kRawDeflateBits, 8, Z_DEFAULT_STRATEGY);
    if (status != Z_OK) throw Error(ErrorKind::device, "zlib cannot start: out of memory");
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  void add(std::span<const std::byte> bytes) {
    constexpr size_t kMost = size_t{1} << 30;  // zlib counts in 32 bits
    for (size_t at = 0; at < bytes.size(); at += kMost) {
      const auto piece = bytes.subspan(at, std::min(kMost, bytes.size() - at));
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));  // only read by zlib
      stream_.avail_in = static_cast<uInt>(piece.size());
      // A round that fills the buffer may have been the last: the next one has nothing to do then, Z_BUF_ERROR.
      int status = Z_OK;
      while (status == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0)) status = run(Z_NO_FLUSH);
      LAMINA_ASSERT((status == Z_OK || status == Z_BUF_ERROR) && stream_.avail_in == 0, "deflate answers ", status);
    }
  }

  void finish() {
    int status = Z_OK;
    while (status == Z_OK) status = run(Z_FINISH);
    LAMINA_ASSERT(status == Z_STREAM_END, "deflate answers ", status);
  }

 private:
  int run(int flush) {
    stream_.next_out = reinterpret_cast<Bytef*>(round_.data());
    stream_.avail_out = static_cast<uInt>(round_.size());
    const int status = deflate(&stream_, flush);
    sink_.write(round_.data(), round_.size() - stream_.avail_out);
    return status;
  }

  ByteSink& sink_;
  std::array<std::byte, 1 << 14> round_;
  z_stream stream_{};
};

}  // namespace

void zip::deflate_parts(const std::vector<std::span<const std::byte>>& parts, ByteSink& sink) {
  Deflater deflater(sink);
  for (const auto part : parts) deflater.add(part);
  deflater.finish();
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/read_picture.h"

#include <fstream>
#include <vector>

#include "apps/yolov3/picture/jpeg.h"
#include "apps/yolov3/picture/orientation.h"
#include "apps/yolov3/picture/picture_memory.h"
#include "apps/yolov3/picture/png.h"
#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

// Most files have their size and EXIF block within it; where not, the whole file is read.
constexpr size_t kHeadBytes = 64 << 10;

constexpr Limits kLimits{.file_bytes = int64_t{1} << 30};

[[noreturn]] void throw_no_picture(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.empty()) throw Error(ErrorKind::model, text(in_quotes(name), " is empty; replace the file"));
  throw Error(ErrorKind::model, text(in_quotes(name), " is neither a JPEG nor a PNG; convert it to one of them"));
}

PictureSize size_of(std::span<const std::byte> bytes, const std::string& name) {
  if (is_jpeg(bytes)) return upright(jpeg_size(bytes, name), exif_orientation(bytes));
  if (is_png(bytes)) return png_size(bytes, name);
  throw_no_picture(bytes, name);
}

std::vector<std::byte> head_of(const std::filesystem::path& file) {
  std::vector<std::byte> head(kHeadBytes);
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(stream.gcount()));
  return head;
}

}  // namespace

Picture decode_picture(std::span<const std::byte> bytes, const std::string& name) {
  if (is_jpeg(bytes)) return upright(decode_jpeg(bytes, name), exif_orientation(bytes));
  if (is_png(bytes)) return decode_png(bytes, name);
  throw_no_picture(bytes, name);
}

Picture read_picture(const std::filesystem::path& file) { return decode_picture(read_file(file, kLimits), file.native()); }

PictureSize read_picture_size(const std::filesystem::path& file) {
  std::error_code error;
  const auto bytes = std::filesystem::is_regular_file(file, error) ? std::filesystem::file_size(file, error) : 0;
  if (!error && bytes > kHeadBytes) {
    try {
      const PictureSize size = size_of(head_of(file), file.native());
      check_picture_size(size, bytes, file.native());
      return size;
    } catch (const Error&) {
      // The head did not suffice; the whole file decides, with the message for it.
    }
  }
  const std::vector<std::byte> all = read_file(file, kLimits);
  const PictureSize size = size_of(all, file.native());
  check_picture_size(size, all.size(), file.native());
  return size;
}

}  // namespace lamina::yolov3

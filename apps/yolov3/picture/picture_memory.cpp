// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/picture_memory.h"

#include <new>

#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

// deflate makes at most 1,032 bytes of one, and a byte is at most 8 pixels; a JPEG's coded blocks are larger than that.
constexpr int64_t kMaxPixelsPerByte = 8 * 1032;

}  // namespace

void check_picture_size(PictureSize size, size_t bytes, const std::string& name) {
  LAMINA_CHECK(size.width > 0 && size.height > 0, in_quotes(name), " is a picture of ", size.width, " x ", size.height,
               " pixels; replace the file");
  const int64_t pixels = checked_multiply(size.width, size.height, "pixels of a picture");
  LAMINA_CHECK(pixels <= kMaxPicturePixels, in_quotes(name), " has ", size.width, " x ", size.height, " pixels, the limit is ",
               kMaxPicturePixels, "; make it smaller");
  LAMINA_CHECK(pixels / kMaxPixelsPerByte <= static_cast<int64_t>(bytes), in_quotes(name), " claims ", size.width, " x ",
               size.height, " pixels in ", bytes, " bytes, which cannot be; replace the file");
}

Picture blank_picture(PictureSize size, int64_t channels, const std::string& name) {
  try {
    return {size.width, size.height, std::vector<uint8_t>(static_cast<size_t>(size.width * size.height * channels))};
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::device,
                text("not enough memory for ", in_quotes(name), " of ", size.width, " x ", size.height, " pixels"));
  }
}

std::string damaged_picture(const std::string& name, std::string_view reason) {
  return text(in_quotes(name), " is a damaged picture (", printable(reason), "); replace the file");
}

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// libpng reports an error by longjmp. It must not pass over a C++ object that has a destructor, so every call of libpng
// stands in the body of succeeds(), and such a body holds pointers and numbers alone.
#include "apps/yolov3/picture/png.h"

#include <png.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "apps/yolov3/picture/picture_memory.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

constexpr size_t kSignatureBytes = 8;

class PngReader {
 public:
  PngReader(std::span<const std::byte> bytes, const std::string& name) : rest_(bytes), name_(name) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::fail, &PngReader::ignore_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, &info_, nullptr);
      throw Error(ErrorKind::device, "not enough memory to read a PNG");
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  PictureSize read_header() {
    check(succeeds([this] {
      png_set_read_fn(png_, this, &PngReader::read);
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_picture_size has the limit
      png_read_info(png_, info_);
    }));
    return {png_get_image_width(png_, info_), png_get_image_height(png_, info_)};
  }

  // After read_header. `rows` point to 3 bytes per pixel.
  void read_rows(std::vector<uint8_t*>& rows) {
    uint8_t** const first = rows.data();
    const size_t row_bytes = 3 * size_t{png_get_image_width(png_, info_)};
    check(succeeds([this, first, row_bytes] {
      png_set_expand(png_);  // palettes and 1, 2 and 4 bits to 8
      png_set_scale_16(png_);
      png_set_gray_to_rgb(png_);
      png_set_strip_alpha(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "rows of an unexpected length");
      png_read_image(png_, first);
      png_read_end(png_, nullptr);  // the checksums behind the pixels
    }));
  }

 private:
  template <class Body>
  bool succeeds(const Body& body) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    body();
    return true;
  }

  void check(bool succeeded) const { LAMINA_CHECK(succeeded, damaged_picture(name_, message_)); }

  static void fail(png_structp png, png_const_charp message) {
    auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(reader->message_, sizeof reader->message_, "%s", message);
    png_longjmp(png, 1);
  }

  // Those are about ancillary data, such as a colour profile, which leaves the pixels as they are.
  static void ignore_warning(png_structp, png_const_charp) {}

  static void read(png_structp png, png_bytep to, size_t count) {
    auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader->rest_.size()) png_error(png, "the file ends early");
    std::memcpy(to, reader->rest_.data(), count);
    reader->rest_ = reader->rest_.subspan(count);
  }

  std::span<const std::byte> rest_;
  const std::string& name_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[160] = {};
};

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
  return bytes.size() >= kSignatureBytes && png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, kSignatureBytes) == 0;
}

PictureSize png_size(std::span<const std::byte> bytes, const std::string& name) { return PngReader(bytes, name).read_header(); }

Picture decode_png(std::span<const std::byte> bytes, const std::string& name) {
  PngReader reader(bytes, name);
  const PictureSize size = reader.read_header();
  check_picture_size(size, bytes.size(), name);
  Picture picture = blank_picture(size, 3, name);
  std::vector<uint8_t*> rows(static_cast<size_t>(size.height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = picture.rgb.data() + y * 3 * static_cast<size_t>(size.width);
  reader.read_rows(rows);
  return picture;
}

}  // namespace lamina::yolov3

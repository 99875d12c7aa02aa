// SPDX-License-Identifier: Apache-2.0
// libpng's simplified interface: its errors come back as values, and its checks (CRC, sizes) are those of the library.
#include "apps/yolov3/picture/decode_png.h"

#include <png.h>

#include <cstring>

#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"
#include "core/io/atomic_file.h"

namespace lamina::yolov3 {
namespace {

// The library's own memory is freed however the scope is left.
struct Image : png_image {
  Image() {
    std::memset(static_cast<png_image*>(this), 0, sizeof(png_image));
    version = PNG_IMAGE_VERSION;
  }
  ~Image() { png_image_free(this); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
};

}  // namespace

Picture decode_png(std::span<const std::byte> bytes, const std::string& source) {
  Image image;
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::model, text(source, ": ", what, " (", image.message, "); replace the picture, or take it out of the data set"));
  };
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) refuse("the PNG's header is damaged");
  const int64_t width = image.width, height = image.height;
  LAMINA_CHECK(width > 0 && height > 0 && width <= kMaxPixels / height, source, ": a picture of ", width, " x ", height,
               " pixels; at most ", kMaxPixels, " pixels are read");
  // Alpha is read and dropped: asked for RGB alone, libpng would blend onto a background.
  image.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> rgba(static_cast<size_t>(width * height) * 4);
  if (!png_image_finish_read(&image, nullptr, rgba.data(), 0, nullptr)) refuse("the PNG is damaged or ends early");
  if (PNG_IMAGE_FAILED(image) || (image.warning_or_error & PNG_IMAGE_WARNING)) refuse("the PNG is damaged");
  Picture picture{width, height, {}};
  picture.rgb.resize(static_cast<size_t>(width * height) * 3);
  for (size_t pixel = 0; pixel < static_cast<size_t>(width * height); ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) picture.rgb[3 * pixel + channel] = rgba[4 * pixel + channel];
  }
  return picture;
}

void write_png(const std::filesystem::path& file, const Picture& picture) {
  Image image;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  const auto refuse = [&] { throw Error(ErrorKind::model, text("cannot write ", file, " as PNG: ", image.message)); };
  if (!png_image_write_to_memory(&image, nullptr, &size, 0, picture.rgb.data(), 0, nullptr)) refuse();
  std::vector<std::byte> bytes(size);
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr)) refuse();
  write_file_atomically(file, [&](ByteSink& sink) { sink.write(bytes.data(), size); });
}

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/write_png.h"

#include <png.h>

#include <vector>

#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"
#include "core/io/atomic_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {

void write_png(const Picture& picture, const std::filesystem::path& file) {
  LAMINA_CHECK(picture.width > 0 && picture.height > 0 && picture.width <= kMaxPicturePixels / picture.height, "a picture of ",
               picture.width, " x ", picture.height, " pixels cannot be written");
  LAMINA_CHECK(static_cast<int64_t>(picture.rgb.size()) == 3 * picture.width * picture.height, "a picture of ", picture.width,
               " x ", picture.height, " pixels takes three bytes for each, got ", picture.rgb.size());
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  std::vector<std::byte> bytes(PNG_IMAGE_PNG_SIZE_MAX(image));
  size_t count = bytes.size();
  const int written = png_image_write_to_memory(&image, bytes.data(), &count, 0, picture.rgb.data(), 0, nullptr);
  LAMINA_CHECK(written != 0, in_quotes(file.native()), " cannot be made: ", image.message);
  write_file_atomically(file, [&](ByteSink& sink) { sink.write(bytes.data(), count); });
}

}  // namespace lamina::yolov3

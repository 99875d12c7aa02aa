// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/read_picture.h"

#include "apps/yolov3/picture/decode_jpeg.h"
#include "apps/yolov3/picture/decode_png.h"
#include "core/base/check.h"
#include "core/io/read_file.h"

namespace lamina::yolov3 {
namespace {

bool starts_with(std::span<const std::byte> bytes, std::initializer_list<int> start) {
  size_t i = 0;
  for (const int expected : start) {
    if (i >= bytes.size() || std::to_integer<int>(bytes[i]) != expected) return false;
    ++i;
  }
  return true;
}

}  // namespace

Picture decode_picture(std::span<const std::byte> bytes, const std::string& source) {
  LAMINA_CHECK(!bytes.empty(), source, " is empty; a JPEG or PNG picture is needed");
  if (starts_with(bytes, {0xFF, 0xD8, 0xFF})) return decode_jpeg(bytes, source);
  if (starts_with(bytes, {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A})) return decode_png(bytes, source);
  throw Error(ErrorKind::model, text(source, " is neither a JPEG nor a PNG picture by its first bytes; convert it to one of them"));
}

Picture read_picture(const std::filesystem::path& file) { return decode_picture(read_file(file), file.string()); }

Picture upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const bool swapped = orientation >= 5;  // rows become columns
  Picture turned{swapped ? picture.height : picture.width, swapped ? picture.width : picture.height, {}};
  turned.rgb.resize(picture.rgb.size());
  const int64_t width = picture.width, height = picture.height;
  for (int64_t row = 0; row < turned.height; ++row) {
    for (int64_t column = 0; column < turned.width; ++column) {
      // Where the pixel lies in the file: first as rows and columns there, then counted from the right end.
      int64_t from_row = swapped ? column : row, from_column = swapped ? row : column;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) from_column = width - 1 - from_column;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) from_row = height - 1 - from_row;
      const size_t to = static_cast<size_t>(row * turned.width + column) * 3, from = static_cast<size_t>(from_row * width + from_column) * 3;
      for (size_t channel = 0; channel < 3; ++channel) turned.rgb[to + channel] = picture.rgb[from + channel];
    }
  }
  return turned;
}

}  // namespace lamina::yolov3

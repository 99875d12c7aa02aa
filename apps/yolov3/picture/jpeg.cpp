// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/jpeg.h"

#include <libexif/exif-data.h>
#include <turbojpeg.h>

#include <limits>
#include <memory>

#include "apps/yolov3/picture/picture_memory.h"
#include "core/base/check.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

struct Closed {
  void operator()(void* decoder) const { tjDestroy(decoder); }
  void operator()(ExifData* data) const { exif_data_unref(data); }
};
using Decoder = std::unique_ptr<void, Closed>;

struct Header {
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colors = 0;  // TJCS
};

Decoder open_decoder() {
  Decoder decoder(tjInitDecompress());
  if (!decoder) throw Error(ErrorKind::device, text("no JPEG decoder: ", tjGetErrorStr2(nullptr)));
  return decoder;
}

const unsigned char* data_of(std::span<const std::byte> bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Header read_header(tjhandle decoder, std::span<const std::byte> bytes, const std::string& name) {
  Header header;
  LAMINA_CHECK(tjDecompressHeader3(decoder, data_of(bytes), bytes.size(), &header.width, &header.height, &header.subsampling,
                                   &header.colors) == 0,
               damaged_picture(name, tjGetErrorStr2(decoder)));
  LAMINA_CHECK(header.width > 0 && header.height > 0, damaged_picture(name, "it ends before it tells its size"));
  return header;
}

// Adobe stores ink inverted: 255 is none of it. Four bytes become three, in place.
void ink_to_light(std::vector<uint8_t>& pixels) {
  const size_t count = pixels.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    const unsigned black = pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c) pixels[3 * i + c] = static_cast<uint8_t>((pixels[4 * i + c] * black + 127) / 255);
  }
  pixels.resize(3 * count);
}

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte{0xFF} && bytes[1] == std::byte{0xD8} && bytes[2] == std::byte{0xFF};
}

PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name) {
  const Header header = read_header(open_decoder().get(), bytes, name);
  return {header.width, header.height};
}

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  const Decoder decoder = open_decoder();
  const Header header = read_header(decoder.get(), bytes, name);
  check_picture_size({header.width, header.height}, bytes.size(), name);
  const bool ink = header.colors == TJCS_CMYK || header.colors == TJCS_YCCK;
  Picture picture = blank_picture({header.width, header.height}, ink ? 4 : 3, name);
  // A warning (data that ends early, a bad marker) would leave grey areas; a file of very many scans would cost minutes.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  LAMINA_CHECK(tjDecompress2(decoder.get(), data_of(bytes), bytes.size(), picture.rgb.data(), header.width, 0, header.height,
                             ink ? TJPF_CMYK : TJPF_RGB, flags) == 0,
               damaged_picture(name, tjGetErrorStr2(decoder.get())));
  if (ink) ink_to_light(picture.rgb);
  return picture;
}

int exif_orientation(std::span<const std::byte> jpeg) {
  if (jpeg.size() > std::numeric_limits<unsigned>::max()) return 1;
  const std::unique_ptr<ExifData, Closed> data(exif_data_new());
  if (!data) throw Error(ErrorKind::device, "not enough memory for an EXIF block");
  exif_data_unset_option(data.get(), EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
  exif_data_load_data(data.get(), data_of(jpeg), static_cast<unsigned>(jpeg.size()));
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (!entry || entry->format != EXIF_FORMAT_SHORT || entry->components < 1 || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

}  // namespace lamina::yolov3

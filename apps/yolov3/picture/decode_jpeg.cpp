// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/picture/decode_jpeg.h"

#include <libexif/exif-data.h>
#include <turbojpeg.h>

#include <memory>

#include "apps/yolov3/picture/read_picture.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

// 1 where the file says nothing, or nothing that can be.
int orientation_of(std::span<const std::byte> bytes) {
  const std::unique_ptr<ExifData, void (*)(ExifData*)> data(
      exif_data_new_from_data(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())), exif_data_unref);
  if (!data) return 1;
  const ExifEntry* const entry = exif_data_get_entry(data.get(), EXIF_TAG_ORIENTATION);
  if (!entry || entry->format != EXIF_FORMAT_SHORT || entry->components < 1 || entry->size < 2) return 1;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

// Inks to light: Adobe's files hold them inverted, and that is what TurboJPEG hands out.
std::vector<uint8_t> rgb_of_cmyk(const std::vector<uint8_t>& cmyk) {
  std::vector<uint8_t> rgb(cmyk.size() / 4 * 3);
  for (size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel) {
    const unsigned black = cmyk[4 * pixel + 3];
    for (size_t channel = 0; channel < 3; ++channel) {
      rgb[3 * pixel + channel] = static_cast<uint8_t>((cmyk[4 * pixel + channel] * black + 127) / 255);
    }
  }
  return rgb;
}

}  // namespace

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& source) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) throw Error(ErrorKind::device, "libjpeg-turbo could not be started: out of memory");
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::model, text(source, ": ", what, " (", tjGetErrorStr2(decoder.get()),
                                       "); replace the picture, or take it out of the data set"));
  };
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours) != 0) {
    refuse("the JPEG's header is damaged");
  }
  const int64_t pixels = static_cast<int64_t>(width) * height;
  LAMINA_CHECK(pixels > 0 && pixels <= kMaxPixels, source, ": a picture of ", width, " x ", height, " pixels; at most ", kMaxPixels,
               " pixels are read");
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  std::vector<uint8_t> decoded(static_cast<size_t>(pixels) * (inks ? 4 : 3));
  // A warning (data that ends early, a wrong marker) leaves grey where the picture should be.
  if (tjDecompress2(decoder.get(), data, bytes.size(), decoded.data(), width, 0, height, inks ? TJPF_CMYK : TJPF_RGB,
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    refuse("the JPEG is damaged or ends early");
  }
  return upright({width, height, inks ? rgb_of_cmyk(decoded) : std::move(decoded)}, orientation_of(bytes));
}

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Picture files that tests make: JPEG by TurboJPEG, PNG by libpng, an EXIF block by hand.
#pragma once

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "apps/yolov3/picture/picture.h"

namespace lamina::yolov3::testing {

using Bytes = std::vector<std::byte>;

inline void write_bytes(const std::filesystem::path& file, const Bytes& bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// `pixels` are in `format`; quality 100 without chroma subsampling.
inline Bytes encode_jpeg(const std::vector<uint8_t>& pixels, int width, int height, TJPF format, TJSAMP sampling = TJSAMP_444) {
  tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const int result = tjCompress2(encoder, pixels.data(), width, 0, height, format, &data, &size, sampling, 100, TJFLAG_ACCURATEDCT);
  EXPECT_EQ(result, 0) << tjGetErrorStr2(encoder);
  const auto* first = reinterpret_cast<const std::byte*>(data);
  Bytes bytes(first, first + size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

inline Bytes encode_jpeg(const Picture& picture) {
  return encode_jpeg(picture.rgb, static_cast<int>(picture.width), static_cast<int>(picture.height), TJPF_RGB);
}

// The file with an APP1 segment behind its first two bytes: an EXIF block with an orientation and nothing else.
inline Bytes with_orientation(const Bytes& jpeg, int orientation, bool big_endian) {
  const auto high = static_cast<uint8_t>(orientation >> 8), low = static_cast<uint8_t>(orientation);
  const std::vector<uint8_t> little = {'I', 'I', 42, 0, 8, 0,   0,    0, 1, 0, 0x12, 0x01, 3,
                                       0,   1,   0,  0, 0, low, high, 0, 0, 0, 0,    0,    0};
  const std::vector<uint8_t> big = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, high, low, 0, 0, 0, 0, 0, 0};
  std::vector<uint8_t> segment = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0};
  segment.insert(segment.end(), big_endian ? big.begin() : little.begin(), big_endian ? big.end() : little.end());
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  for (const uint8_t byte : segment) bytes.push_back(std::byte{byte});
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

struct PngKind {
  int color_type = PNG_COLOR_TYPE_RGB;
  int bit_depth = 8;
  bool interlaced = false;
  std::vector<png_color> palette;
};

// `rows` as the file stores them: whole bytes per row, 16-bit numbers big-endian.
inline Bytes encode_png(const std::vector<std::vector<uint8_t>>& rows, int width, const PngKind& kind) {
  Bytes bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp writer, png_bytep data, size_t count) {
        auto* to = static_cast<Bytes*>(png_get_io_ptr(writer));
        const auto* from = reinterpret_cast<const std::byte*>(data);
        to->insert(to->end(), from, from + count);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(rows.size()), kind.bit_depth, kind.color_type,
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
  if (!kind.palette.empty()) png_set_PLTE(png, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
  std::vector<uint8_t*> pointers;
  for (const auto& row : rows) pointers.push_back(const_cast<uint8_t*>(row.data()));
  png_set_rows(png, info, pointers.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

// Noise, which no compression makes small.
inline Picture noise(int64_t width, int64_t height) {
  Picture picture{width, height, {}};
  uint32_t state = 1;
  for (int64_t i = 0; i < 3 * width * height; ++i) {
    state = state * 1664525u + 1013904223u;
    picture.rgb.push_back(static_cast<uint8_t>(state >> 24));
  }
  return picture;
}

}  // namespace lamina::yolov3::testing

// SPDX-License-Identifier: Apache-2.0
// Every kind of JPEG and PNG that is read, pixel by pixel, and those that are refused.
#include "apps/yolov3/picture/read_picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "apps/yolov3/drawing/canvas.h"
#include "core/base/text.h"
#include "core/io/untrusted_text.h"
#include "tests/apps/yolov3/encoded_pictures.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using lamina::testing::ScratchFolder;
using ::testing::AllOf;
using testing::Bytes;
using ::testing::ElementsAre;
using testing::encode_jpeg;
using testing::encode_png;
using ::testing::HasSubstr;
using testing::noise;
using testing::PngKind;
using lamina::testing::refusal;
using ::testing::StartsWith;
using testing::with_orientation;
using testing::write_bytes;

using Rgb = std::array<int, 3>;

Rgb pixel(const Picture& picture, int64_t x, int64_t y) {
  const uint8_t* at = picture.rgb.data() + 3 * (y * picture.width + x);
  return {at[0], at[1], at[2]};
}

std::vector<int> numbers(const Picture& picture) { return {picture.rgb.begin(), picture.rgb.end()}; }

// Four quarters of 8 x 16: each a grey level, which JPEG keeps.
Picture quarters() {
  Picture picture{16, 32, {}};
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 16; ++x) picture.rgb.insert(picture.rgb.end(), 3, static_cast<uint8_t>(50 + 50 * (x / 8) + 100 * (y / 16)));
  }
  return picture;
}

// The names of the quarters, a to d, row by row.
std::string quarter_names(const Picture& picture) {
  std::string names;
  for (const int64_t y : {picture.height / 4, 3 * picture.height / 4}) {
    for (const int64_t x : {picture.width / 4, 3 * picture.width / 4}) {
      names += static_cast<char>('a' + (pixel(picture, x, y)[0] - 25) / 50);
    }
  }
  return names;
}

TEST(ReadPicture, AppliesEveryOrientationOfExif) {
  const ScratchFolder folder;
  const Bytes plain = encode_jpeg(quarters());
  const std::array<const char*, 8> expected = {"abcd", "badc", "dcba", "cdab", "acbd", "cadb", "dbca", "bdac"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      write_bytes(folder / "a.jpg", with_orientation(plain, orientation, big_endian));
      const Picture picture = read_picture(folder / "a.jpg");
      const bool turned = orientation > 4;
      EXPECT_EQ(quarter_names(picture), expected[static_cast<size_t>(orientation - 1)]) << orientation;
      EXPECT_EQ(picture.width, turned ? 32 : 16) << orientation;
      EXPECT_EQ(read_picture_size(folder / "a.jpg"), (PictureSize{picture.width, picture.height})) << orientation;
    }
  }
}

TEST(ReadPicture, TakesAnUnknownOrientationAsUpright) {
  const Bytes plain = encode_jpeg(quarters());
  for (const int orientation : {0, 9, 300}) {
    EXPECT_EQ(quarter_names(decode_picture(with_orientation(plain, orientation, false), "a")), "abcd");
  }
}

TEST(ReadPicture, FindsOrientationBehindOtherSegments) {
  Bytes bytes = with_orientation(encode_jpeg(quarters()), 3, true);
  const std::string packet = "http://ns.adobe.com/xap/1.0/";
  Bytes other = {std::byte{0xFF}, std::byte{0xE1}, std::byte{0}, static_cast<std::byte>(packet.size() + 2)};
  for (const char c : packet) other.push_back(static_cast<std::byte>(c));
  bytes.insert(bytes.begin() + 2, other.begin(), other.end());
  EXPECT_EQ(quarter_names(decode_picture(bytes, "a")), "dcba");
}

TEST(ReadPicture, ReadsGreyJpegAsEqualChannels) {
  std::vector<uint8_t> grey(64, 90);
  const Picture picture = decode_picture(encode_jpeg(grey, 8, 8, TJPF_GRAY, TJSAMP_GRAY), "a");
  EXPECT_EQ(pixel(picture, 3, 3), (Rgb{90, 90, 90}));
}

TEST(ReadPicture, ReadsInkAsAdobeStoresIt) {
  std::vector<uint8_t> ink;  // cyan's share of light, magenta's, yellow's, black's
  for (int i = 0; i < 64; ++i) ink.insert(ink.end(), {255, 128, 0, 128});
  const Picture picture = decode_picture(encode_jpeg(ink, 8, 8, TJPF_CMYK), "a");
  EXPECT_NEAR(pixel(picture, 4, 4)[0], 128, 2);
  EXPECT_NEAR(pixel(picture, 4, 4)[1], 64, 2);
  EXPECT_NEAR(pixel(picture, 4, 4)[2], 0, 2);
}

TEST(ReadPicture, GoesByContentAndNotByName) {
  const ScratchFolder folder;
  write_bytes(folder / "a.png", encode_jpeg(quarters()));
  write_png(folder / "b.jpg", quarters());
  EXPECT_EQ(quarter_names(read_picture(folder / "a.png")), "abcd");
  EXPECT_EQ(read_picture(folder / "b.jpg").rgb, quarters().rgb);
  EXPECT_EQ(read_picture_size(folder / "b.jpg"), (PictureSize{16, 32}));
}

TEST(ReadPicture, ReadsEveryKindOfPngExactly) {
  const auto read = [](const std::vector<std::vector<uint8_t>>& rows, int width, const PngKind& kind) {
    return numbers(decode_picture(encode_png(rows, width, kind), "a"));
  };
  EXPECT_THAT(read({{1, 2, 3, 4, 5, 6}}, 2, {}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read({{7, 200}}, 2, {.color_type = PNG_COLOR_TYPE_GRAY}), ElementsAre(7, 7, 7, 200, 200, 200));
  EXPECT_THAT(read({{0b10110000}}, 4, {.color_type = PNG_COLOR_TYPE_GRAY, .bit_depth = 1}),
              ElementsAre(255, 255, 255, 0, 0, 0, 255, 255, 255, 255, 255, 255));
  EXPECT_THAT(read({{7, 50, 8, 0}}, 2, {.color_type = PNG_COLOR_TYPE_GRAY_ALPHA}), ElementsAre(7, 7, 7, 8, 8, 8));
  EXPECT_THAT(read({{1, 2, 3, 0, 4, 5, 6, 255}}, 2, {.color_type = PNG_COLOR_TYPE_RGB_ALPHA}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(
      read({{0b00011000}}, 2,
           {.color_type = PNG_COLOR_TYPE_PALETTE,
            .bit_depth = 4,
            .palette = {{9, 9, 9}, {10, 20, 30}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {40, 50, 60}}}),
      ElementsAre(10, 20, 30, 40, 50, 60));
  // 16 bits by 257, to the nearest: 0x0180 is 1.494, 0x0182 is 1.502.
  EXPECT_THAT(read({{255, 255, 0x01, 0x80, 0x01, 0x82}}, 1, {.bit_depth = 16}), ElementsAre(255, 1, 2));
}

TEST(ReadPicture, ReadsInterlacedPng) {
  const Picture picture = noise(19, 13);
  std::vector<std::vector<uint8_t>> rows;
  for (int64_t y = 0; y < 13; ++y) rows.emplace_back(picture.rgb.begin() + y * 57, picture.rgb.begin() + (y + 1) * 57);
  EXPECT_EQ(decode_picture(encode_png(rows, 19, {.interlaced = true}), "a").rgb, picture.rgb);
}

TEST(ReadPicture, ReadsThePicturesOfOneColumnAndOnePixel) {
  const ScratchFolder folder;
  for (const Picture& picture : {noise(1, 1), noise(1, 10000), noise(10000, 1)}) {
    write_png(folder / "a.png", picture);
    EXPECT_EQ(read_picture(folder / "a.png").rgb, picture.rgb);
    write_bytes(folder / "a.jpg", encode_jpeg(picture));
    EXPECT_EQ(read_picture(folder / "a.jpg").width, picture.width);
  }
}

TEST(ReadPicture, TellsTheSizeFromTheHeadOfAFile) {
  const ScratchFolder folder;
  write_bytes(folder / "a.jpg", with_orientation(encode_jpeg(noise(400, 300)), 8, true));
  ASSERT_GT(std::filesystem::file_size(folder / "a.jpg"), 100000u);
  std::filesystem::resize_file(folder / "a.jpg", 100000);
  EXPECT_EQ(read_picture_size(folder / "a.jpg"), (PictureSize{300, 400}));
  EXPECT_THAT(refusal([&] { read_picture(folder / "a.jpg"); }), HasSubstr("is a damaged picture"));
}

TEST(ReadPicture, TellsTheSizeBehindALongHead) {
  const ScratchFolder folder;
  Bytes bytes = encode_jpeg(noise(40, 30));
  Bytes profile(65537, std::byte{0});  // a whole APP2 segment
  profile[0] = std::byte{0xFF}, profile[1] = std::byte{0xE2}, profile[2] = profile[3] = std::byte{0xFF};
  bytes.insert(bytes.begin() + 2, profile.begin(), profile.end());
  write_bytes(folder / "a.jpg", bytes);
  EXPECT_EQ(read_picture_size(folder / "a.jpg"), (PictureSize{40, 30}));
}

TEST(ReadPicture, RefusesJpegThatIsCutAnywhere) {
  const Bytes whole = encode_jpeg(noise(64, 64));
  std::vector<size_t> cuts = {whole.size() - 1, whole.size() - 2, whole.size() - 3};
  for (size_t bytes = 3; bytes < whole.size(); bytes += 97) cuts.push_back(bytes);
  for (const size_t bytes : cuts) {
    const std::span<const std::byte> cut(whole.data(), bytes);
    EXPECT_THAT(refusal([&] { decode_picture(cut, "cut.jpg"); }),
                AllOf(StartsWith("3: \"cut.jpg\" is a damaged picture ("), HasSubstr("); replace the file")))
        << bytes;
  }
}

TEST(ReadPicture, RefusesPngThatIsCutAnywhere) {
  const ScratchFolder folder;
  write_png(folder / "a.png", noise(24, 24));
  const size_t size = std::filesystem::file_size(folder / "a.png");
  for (size_t bytes = size - 1; bytes >= 8; bytes -= 7) {
    std::filesystem::resize_file(folder / "a.png", bytes);
    EXPECT_THAT(refusal([&] { read_picture(folder / "a.png"); }), HasSubstr("a.png\" is a damaged picture (")) << bytes;
  }
}

TEST(ReadPicture, RefusesEveryFlippedByteOfAPng) {
  const ScratchFolder folder;
  write_png(folder / "a.png", noise(5, 5));
  std::ifstream stream(folder / "a.png", std::ios::binary);
  const std::vector<char> whole{std::istreambuf_iterator<char>(stream), {}};
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes bytes;
    for (const char c : whole) bytes.push_back(static_cast<std::byte>(c));
    bytes[i] ^= std::byte{0x10};
    EXPECT_THAT(refusal([&] { decode_picture(bytes, "a"); }), StartsWith("3: \"a\" ")) << i;
  }
}

TEST(ReadPicture, SurvivesEveryFlippedByteOfAJpeg) {
  const Bytes whole = with_orientation(encode_jpeg(noise(16, 16)), 6, true);
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes bytes = whole;
    bytes[i] ^= std::byte{0xFF};
    const std::string result = refusal([&] { decode_picture(bytes, "a"); });
    EXPECT_THAT(result, ::testing::AnyOf("nothing was thrown", StartsWith("3: \"a\" "))) << i;
  }
}

TEST(ReadPicture, RefusesWhatIsNoPicture) {
  const ScratchFolder folder;
  const auto name = [&](const char* file) { return in_quotes((folder / file).native()); };
  write_bytes(folder / "empty.jpg", {});
  write_bytes(folder / "text.jpg", Bytes(100, std::byte{'x'}));
  for (const bool size_alone : {false, true}) {
    const auto read = [&](const char* file) {
      size_alone ? void(read_picture_size(folder / file)) : void(read_picture(folder / file));
    };
    expect_error(ErrorKind::model, name("empty.jpg") + " is empty; replace the file", [&] { read("empty.jpg"); });
    expect_error(ErrorKind::model, name("text.jpg") + " is neither a JPEG nor a PNG; convert it to one of them",
                 [&] { read("text.jpg"); });
    EXPECT_THAT(refusal([&] { read("missing.jpg"); }), AllOf(StartsWith("5: "), HasSubstr("missing.jpg")));
  }
  EXPECT_THAT(refusal([&] { read_picture(folder.path()); }), AllOf(StartsWith("5: "), HasSubstr("is a folder")));
}

// The header of a PNG may claim any size; its checksum is the file's.
Bytes png_of_size(uint32_t width, uint32_t height) {
  Bytes bytes = encode_png({{0}}, 1, {.color_type = PNG_COLOR_TYPE_GRAY});
  const auto put = [&](size_t at, uint32_t number) {
    for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(number >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= std::to_integer<uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  put(29, ~crc);
  return bytes;
}

TEST(ReadPicture, RefusesSizesBeforeMemoryIsTaken) {
  const ScratchFolder folder;
  const Bytes huge = png_of_size(65000, 65000), wide = png_of_size(16000, 16000);
  expect_error(ErrorKind::model, "\"a\" has 65000 x 65000 pixels, the limit is 268435456; make it smaller",
               [&] { decode_picture(huge, "a"); });
  expect_error(ErrorKind::model,
               text("\"a\" claims 16000 x 16000 pixels in ", wide.size(), " bytes, which cannot be; replace the file"),
               [&] { decode_picture(wide, "a"); });
  write_bytes(folder / "huge.png", huge);
  EXPECT_THAT(refusal([&] { read_picture_size(folder / "huge.png"); }), HasSubstr("has 65000 x 65000 pixels"));

  Bytes jpeg = encode_jpeg(quarters());
  for (size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] != std::byte{0xFF} || jpeg[i + 1] != std::byte{0xC0}) continue;
    for (size_t k = 5; k < 9; ++k) jpeg[i + k] = k % 2 ? std::byte{0xFD} : std::byte{0xE8};  // 65,000
  }
  expect_error(ErrorKind::model, "\"a\" has 65000 x 65000 pixels, the limit is 268435456; make it smaller",
               [&] { decode_picture(jpeg, "a"); });
}

}  // namespace
}  // namespace lamina::yolov3

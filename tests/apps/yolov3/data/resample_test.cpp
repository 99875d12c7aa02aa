// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/resample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/apps/yolov3/encoded_pictures.h"

namespace lamina::yolov3 {
namespace {

using testing::noise;

std::vector<float> placed(const Picture& picture, const Placement& placement, int64_t width, int64_t height) {
  std::vector<float> image(static_cast<size_t>(width * height * 3), -1.0f);
  place_picture(picture, placement, width, height, image);
  return image;
}

// A picture of one row, grey.
Picture row_of(const std::vector<uint8_t>& greys) {
  Picture picture{std::ssize(greys), 1, {}};
  for (const uint8_t grey : greys) picture.rgb.insert(picture.rgb.end(), 3, grey);
  return picture;
}

std::vector<float> reds(const std::vector<float>& image) {
  std::vector<float> values;
  for (size_t i = 0; i < image.size(); i += 3) values.push_back(image[i] * 255);
  return values;
}

// The definition, one pixel at a time: the mean under a triangle about the pixel's place in the picture.
double defined(const Picture& picture, const Placement& placement, int64_t x, int64_t y, int64_t channel) {
  const double across = static_cast<double>(picture.width) / static_cast<double>(placement.width);
  const double down = static_cast<double>(picture.height) / static_cast<double>(placement.height);
  const double centre_x = (static_cast<double>(x - placement.left) + 0.5) * across;
  const double centre_y = (static_cast<double>(y - placement.top) + 0.5) * down;
  double sum = 0, weights = 0;
  for (int64_t row = 0; row < picture.height; ++row) {
    for (int64_t column = 0; column < picture.width; ++column) {
      const double weight = std::max(0.0, 1 - std::abs(static_cast<double>(column) + 0.5 - centre_x) / std::max(across, 1.0)) *
                            std::max(0.0, 1 - std::abs(static_cast<double>(row) + 0.5 - centre_y) / std::max(down, 1.0));
      sum += weight * picture.rgb[static_cast<size_t>(3 * (row * picture.width + column) + channel)];
      weights += weight;
    }
  }
  return sum / weights / 255;
}

TEST(PlacePicture, IsTheMeanUnderATriangle) {
  const Picture picture = noise(23, 17);
  for (const Placement& placement : {Placement{0, 0, 24, 24}, Placement{3, 5, 7, 11}, Placement{-9, -13, 60, 50},
                                     Placement{20, -2, 30, 5}, Placement{4, 4, 1, 1}, Placement{2, 3, 23, 17}}) {
    const std::vector<float> image = placed(picture, placement, 24, 24);
    for (int64_t y = 0; y < 24; ++y) {
      for (int64_t x = 0; x < 24; ++x) {
        const bool covered = x >= placement.left && x < placement.left + placement.width && y >= placement.top &&
                             y < placement.top + placement.height;
        for (int64_t c = 0; c < 3; ++c) {
          const double expected = covered ? defined(picture, placement, x, y, c) : 128.0 / 255;
          ASSERT_NEAR(image[static_cast<size_t>(3 * (y * 24 + x) + c)], expected, 1e-5) << x << ", " << y;
        }
      }
    }
  }
}

TEST(PlacePicture, KeepsThePixelsWhereTheSizeIsKept) {
  const Picture picture = noise(9, 6);
  const std::vector<float> image = placed(picture, {0, 0, 9, 6}, 9, 6);
  for (size_t i = 0; i < image.size(); ++i) ASSERT_EQ(std::lround(image[i] * 255), picture.rgb[i]);
}

TEST(PlacePicture, InterpolatesBetweenCentresAndHoldsTheEdges) {
  const std::vector<float> image = placed(row_of({0, 100}), {0, 0, 4, 1}, 4, 1);
  EXPECT_THAT(reds(image), ::testing::Pointwise(::testing::FloatNear(1e-3f), {0.0f, 25.0f, 75.0f, 100.0f}));
}

TEST(PlacePicture, FadesWhatIsSmallerThanAPixel) {
  std::vector<uint8_t> stripes;
  for (int i = 0; i < 64; ++i) stripes.push_back(i % 2 ? 200 : 0);
  const std::vector<float> image = placed(row_of(stripes), {0, 0, 8, 1}, 8, 1);
  for (const float red : reds(image)) EXPECT_NEAR(red, 100, 10);
}

TEST(PlacePicture, MirrorsTheWholeInput) {
  const Picture picture = noise(7, 5);
  const std::vector<float> plain = placed(picture, {1, 0, 4, 5, false}, 8, 5), mirrored = placed(picture, {1, 0, 4, 5, true}, 8, 5);
  for (size_t y = 0; y < 5; ++y) {
    for (size_t x = 0; x < 8; ++x) {
      for (size_t c = 0; c < 3; ++c) EXPECT_EQ(plain[3 * (8 * y + x) + c], mirrored[3 * (8 * y + 7 - x) + c]);
    }
  }
}

TEST(PlacePicture, IsGreyWhereThePictureLiesOutside) {
  for (const float value : placed(noise(5, 5), {10, 0, 5, 5}, 8, 8)) ASSERT_EQ(value, kFill);
}

TEST(Letterbox, KeepsTheAspectRatioInTheMiddle) {
  EXPECT_EQ(letterboxed(640, 480, 416, 416), (Placement{0, 52, 416, 312}));
  EXPECT_EQ(letterboxed(480, 640, 416, 416), (Placement{52, 0, 312, 416}));
  EXPECT_EQ(letterboxed(100, 100, 416, 320), (Placement{48, 0, 320, 320}));
  EXPECT_EQ(letterboxed(1, 10000, 416, 416), (Placement{207, 0, 1, 416}));
  EXPECT_EQ(letterboxed(333, 500, 416, 416), (Placement{69, 0, 277, 416}));  // 277.056: cut, as is the margin of 69.5
}

TEST(PlaceBox, GoesWithThePicture) {
  const Box box{64, 48, 320, 240, 3, true};
  EXPECT_EQ(place_box(box, 640, 480, {10, 20, 320, 480, false}, 416), (Box{42, 68, 170, 260, 3, true}));
  EXPECT_EQ(place_box(box, 640, 480, {10, 20, 320, 480, true}, 416), (Box{416 - 170, 68, 416 - 42, 260, 3, true}));
}

}  // namespace
}  // namespace lamina::yolov3

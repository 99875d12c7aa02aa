// SPDX-License-Identifier: Apache-2.0
// Sizes and places of letterboxes, held to the formulas of darknet's letterbox_image and keras-yolo3's letterbox_image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/resize2d/resize2d.h"

namespace lamina {
namespace {

constexpr int64_t kSides[] = {31, 32, 99, 224, 333, 360, 415, 416, 417, 480, 576, 608, 640, 768, 1080, 1920, 4000};

TEST(Letterbox, HasDarknetsSizes) {
  EXPECT_EQ(letterbox(576, 768, 416, 416).inside, (Rectangle{52, 0, 312, 416}));
  EXPECT_EQ(letterbox(768, 576, 416, 416).inside, (Rectangle{0, 52, 416, 312}));
  for (const int64_t h : kSides) {
    for (const int64_t w : kSides) {
      for (const auto& [net_h, net_w] : {std::pair<int64_t, int64_t>{416, 416}, {320, 608}}) {
        int64_t new_w = net_w, new_h = net_h;
        if (static_cast<float>(net_w) / static_cast<float>(w) < static_cast<float>(net_h) / static_cast<float>(h)) {
          new_h = h * net_w / w;
        } else {
          new_w = w * net_h / h;
        }
        const Rectangle expected{(net_h - new_h) / 2, (net_w - new_w) / 2, new_h, new_w};
        EXPECT_EQ(letterbox(h, w, net_h, net_w).inside, expected) << h << " x " << w << " into " << net_h << " x " << net_w;
      }
    }
  }
}

TEST(Letterbox, HasTheSizesOfKerasYolo3OnDemand) {
  EXPECT_EQ(letterbox(100, 360, 416, 416, LetterboxRule::keras_yolo3).inside, (Rectangle{150, 0, 115, 415}));
  EXPECT_EQ(letterbox(100, 360, 416, 416).inside, (Rectangle{150, 0, 115, 416}));
  for (const int64_t h : kSides) {
    for (const int64_t w : kSides) {
      const double scale = std::min(416.0 / static_cast<double>(w), 416.0 / static_cast<double>(h));
      const auto nw = static_cast<int64_t>(static_cast<double>(w) * scale),
                 nh = static_cast<int64_t>(static_cast<double>(h) * scale);
      const Rectangle expected{(416 - nh) / 2, (416 - nw) / 2, nh, nw};
      EXPECT_EQ(letterbox(h, w, 416, 416, LetterboxRule::keras_yolo3).inside, expected) << h << " x " << w;
    }
  }
}

TEST(Letterbox, KeepsOnePixelOfALine) {
  EXPECT_EQ(letterbox(1, 5000, 416, 416).inside, (Rectangle{207, 0, 1, 416}));
  EXPECT_EQ(letterbox(5000, 1, 416, 416, LetterboxRule::keras_yolo3).inside, (Rectangle{0, 207, 416, 1}));
}

TEST(Letterbox, MapsThePictureOntoItsRectangleAndBack) {
  const Letterbox box = letterbox(300, 500, 416, 608);
  EXPECT_DOUBLE_EQ(box.row_inside(0), static_cast<double>(box.inside.top));
  EXPECT_DOUBLE_EQ(box.row_inside(300), static_cast<double>(box.inside.top + box.inside.height));
  EXPECT_DOUBLE_EQ(box.column_inside(0), static_cast<double>(box.inside.left));
  EXPECT_DOUBLE_EQ(box.column_inside(500), static_cast<double>(box.inside.left + box.inside.width));
  for (const double place : {-20.0, 0.0, 17.25, 299.0, 480.0}) {
    EXPECT_NEAR(box.row_of_picture(box.row_inside(place)), place, 1e-9);
    EXPECT_NEAR(box.column_of_picture(box.column_inside(place)), place, 1e-9);
  }
}

TEST(Letterbox, RefusesSidesThatAreNone) {
  const auto message = [](int64_t from_height, int64_t to_width) -> std::string {
    try {
      letterbox(from_height, 10, 10, to_width);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message(0, 10), ::testing::HasSubstr("[letterbox] from_height must be 1 to 1048576 pixels, got 0"));
  EXPECT_THAT(message(10, int64_t{1} << 40), ::testing::HasSubstr("to_width must be 1 to 1048576 pixels"));
}

}  // namespace
}  // namespace lamina

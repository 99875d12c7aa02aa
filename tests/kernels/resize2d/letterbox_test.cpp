// SPDX-License-Identifier: Apache-2.0
// Sizes and places of letterboxes, held to the formula of darknet's letterbox_image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/resize2d/resize2d.h"
#include "tests/testing/expect_error.h"

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

TEST(Letterbox, KeepsOnePixelOfALine) {
  EXPECT_EQ(letterbox(1, 5000, 416, 416).inside, (Rectangle{207, 0, 1, 416}));
  EXPECT_EQ(letterbox(5000, 1, 416, 416).inside, (Rectangle{0, 207, 416, 1}));
}

TEST(Letterbox, MapsItsRectangleOntoThePicture) {
  const Letterbox box = letterbox(300, 500, 416, 608);
  EXPECT_EQ(box.inside, (Rectangle{26, 0, 364, 608}));
  EXPECT_DOUBLE_EQ(box.row_of_picture(26), 0);
  EXPECT_DOUBLE_EQ(box.row_of_picture(26 + 91), 75);
  EXPECT_DOUBLE_EQ(box.row_of_picture(26 + 364), 300);
  EXPECT_DOUBLE_EQ(box.row_of_picture(0), -26 * 300.0 / 364);
  EXPECT_DOUBLE_EQ(box.column_of_picture(0), 0);
  EXPECT_DOUBLE_EQ(box.column_of_picture(304), 250);
  EXPECT_DOUBLE_EQ(letterbox(500, 300, 608, 416).column_of_picture(26 + 91), 75);
}

TEST(Letterbox, RefusesSidesThatAreNone) {
  EXPECT_THAT(testing::refusal([] { letterbox(0, 10, 10, 10); }),
              ::testing::HasSubstr("[letterbox] from_height must be 1 to 1048576 pixels, got 0"));
  EXPECT_THAT(testing::refusal([] { letterbox(10, 10, 10, int64_t{1} << 40); }),
              ::testing::HasSubstr("to_width must be 1 to 1048576 pixels"));
}

}  // namespace
}  // namespace lamina

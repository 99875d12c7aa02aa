// SPDX-License-Identifier: Apache-2.0
// What op cases cannot say of resize2d: known numbers, darknet's whole letterbox by its formula, and wrong calls.
#include "kernels/resize2d/resize2d.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/philox.h"
#include "core/graph/leaves.h"
#include "kernels/all_ops.h"
#include "kernels/resize2d/resize2d_geometry.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using Call = std::function<Value(const Value& x)>;

struct Outcome {
  std::string impl;  // "sim/elements"
  HostTensor y;
};

// The call by every implementation of every device.
std::vector<Outcome> run_all(const Call& call, const HostTensor& x) {
  static const OpRegistry ops = kernels::all_ops();
  const Value y = call(input_value("x", x.dtype(), x.extents()));
  std::vector<Outcome> runs;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("resize2d", kind)) {
      PlanOptions options = testing::plan_options(kind);
      options.forced_impls["resize2d"] = impl->name;
      runs.push_back({text(kind, "/", impl->name), testing::run_values(std::vector<Value>{y}, {{"x", x}}, options)[0]});
    }
  }
  return runs;
}

HostTensor line_of(std::vector<float> values) {
  return HostTensor::of<float>(Extents{1, 1, static_cast<int64_t>(values.size()), 1}, values);
}
HostTensor bytes_of(std::vector<uint8_t> values) {
  return HostTensor::of<uint8_t>(Extents{1, 1, static_cast<int64_t>(values.size()), 1}, values);
}

Call to_width(int64_t width, const ResizeOptions& options = {}) {
  return [=](const Value& x) { return resize2d(x, 1, width, options); };
}

TEST(Resize2d, PutsHalfPixelsOnHalfPixels) {
  for (const Outcome& run : run_all(to_width(4), line_of({0, 8})))
    EXPECT_THAT(run.y.as<float>(), ::testing::ElementsAre(0, 2, 6, 8)) << run.impl;
  for (const Outcome& run : run_all(to_width(2), line_of({0, 1, 2, 3, 10, 20}))) {
    EXPECT_THAT(run.y.as<float>(), ::testing::ElementsAre(1, 10)) << run.impl;
  }
}

TEST(Resize2d, PutsCornersOnCorners) {
  const ResizeOptions corners{.coordinates = ResizeCoordinates::corners};
  for (const Outcome& run : run_all(to_width(5, corners), line_of({0, 8}))) {
    EXPECT_THAT(run.y.as<float>(), ::testing::ElementsAre(0, 2, 4, 6, 8)) << run.impl;
  }
  for (const Outcome& run : run_all(to_width(1, corners), line_of({3, 8})))
    EXPECT_THAT(run.y.as<float>(), ::testing::ElementsAre(3)) << run.impl;
}

TEST(Resize2d, RoundsBytesHalfUp) {
  const ResizeOptions bytes{.dtype = DType::u8};
  for (const Outcome& run : run_all(to_width(4, bytes), bytes_of({0, 2}))) {  // 0, 0.5, 1.5, 2
    EXPECT_THAT(run.y.as<uint8_t>(), ::testing::ElementsAre(0, 1, 2, 2)) << run.impl;
  }
  for (const Outcome& run : run_all(to_width(6, bytes), bytes_of({255, 254}))) {  // 255, 255, 254 5/6, 254 1/6, ...
    EXPECT_THAT(run.y.as<uint8_t>(), ::testing::ElementsAre(255, 255, 255, 254, 254, 254)) << run.impl;
  }
}

TEST(Resize2d, ScalesThePictureAndNotWhatIsAround) {
  const Letterbox box = letterbox(1, 2, 2, 2);
  const auto call = [&](const Value& x) { return letterbox2d(x, box, {.scale = 1.0 / 255, .fill = 0.5}); };
  for (const Outcome& run : run_all(call, bytes_of({255, 51}))) {
    EXPECT_THAT(run.y.as<float>(), ::testing::ElementsAre(1, ::testing::FloatEq(0.2f), 0.5f, 0.5f)) << run.impl;
  }
}

TEST(Resize2d, PositionsOfTheLargestPicturesAreExact) {
  const int64_t last = kMaxPictureSide - 1;
  constexpr ResizeAxis corners{
      .from = kMaxPictureSide, .begin = 0, .to = kMaxPictureSide - 1, .coordinates = ResizeCoordinates::corners};
  EXPECT_EQ(corners.pair_at(last - 1).first, last);
  EXPECT_EQ(corners.pair_at(last - 1).part, 0);
  EXPECT_EQ(corners.pair_at(last - 2).first, last - 2);  // one step of 1 + 1 / (to - 1) before the end
  EXPECT_EQ(corners.pair_at(last - 2).part, corners.to - 2);
  const PixelPair most{0, 1, 0, 2 * kMaxPictureSide};
  EXPECT_EQ((interpolated<uint8_t, float>(most, most, uint8_t{255}, uint8_t{0}, uint8_t{0}, uint8_t{0}, 1.0f)), 255);
}

// darknet's resize_image as two passes, columns first, and letterbox_image around it: grey where no picture is.
std::vector<double> darknet_letterbox(const std::vector<uint8_t>& picture, int64_t h, int64_t w, int64_t net_h, int64_t net_w) {
  int64_t new_w = net_w, new_h = net_h;
  if (static_cast<double>(net_w) / static_cast<double>(w) < static_cast<double>(net_h) / static_cast<double>(h)) {
    new_h = h * net_w / w;
  } else {
    new_w = w * net_h / h;
  }
  const auto at = [&](int64_t row, int64_t column, int64_t c) {
    return picture[static_cast<size_t>((row * w + column) * 3 + c)] / 255.0;
  };
  const double w_scale = static_cast<double>(w - 1) / static_cast<double>(new_w - 1);
  const double h_scale = static_cast<double>(h - 1) / static_cast<double>(new_h - 1);
  const auto across = [&](int64_t row, int64_t column, int64_t c) {
    if (column == new_w - 1) return at(row, w - 1, c);
    const double place = static_cast<double>(column) * w_scale;
    const auto left = static_cast<int64_t>(place);
    const double part = place - static_cast<double>(left);
    return (1 - part) * at(row, left, c) + part * at(row, left + 1, c);
  };
  std::vector<double> result(static_cast<size_t>(net_h * net_w * 3), 0.5);
  for (int64_t row = 0; row < new_h; ++row) {
    for (int64_t column = 0; column < new_w; ++column) {
      for (int64_t c = 0; c < 3; ++c) {
        const double place = static_cast<double>(row) * h_scale;
        const auto upper = static_cast<int64_t>(place);
        const double part = place - static_cast<double>(upper);
        double value = (1 - part) * across(upper, column, c);
        if (row < new_h - 1) value += part * across(upper + 1, column, c);
        const int64_t to = ((row + (net_h - new_h) / 2) * net_w + column + (net_w - new_w) / 2) * 3 + c;
        result[static_cast<size_t>(to)] = value;
      }
    }
  }
  return result;
}

TEST(Resize2d, IsDarknetsLetterbox) {
  const RandomKey key{.seed = 7, .purpose = RandomPurpose::test};
  for (const auto& [h, w] : {std::pair<int64_t, int64_t>{17, 29}, {40, 23}, {90, 120}}) {
    std::vector<uint8_t> picture(static_cast<size_t>(h * w * 3));
    for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<uint8_t>(256 * key.uniform(i));
    const std::vector<double> expected = darknet_letterbox(picture, h, w, 64, 96);
    const Letterbox box = letterbox(h, w, 64, 96);
    const auto call = [&](const Value& x) {
      return letterbox2d(x, box, {.coordinates = ResizeCoordinates::corners, .scale = 1.0 / 255, .fill = 0.5});
    };
    for (const Outcome& run : run_all(call, HostTensor::of<uint8_t>({1, h, w, 3}, picture))) {
      ASSERT_EQ(run.y.extents(), (Extents{1, 64, 96, 3}));
      for (size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(run.y.as<float>()[i], expected[i], 1e-6) << run.impl << " element " << i;
    }
  }
}

TEST(Resize2d, RefusesWrongCalls) {
  const Value bytes = input_value("bytes", DType::u8, Shape{Dim::symbol("batch"), 4, 6, 3});
  const Value halves = input_value("halves", DType::bf16, {1, 4, 6, 3}), floats = input_value("floats", DType::f32, {1, 4, 6, 3});
  EXPECT_THAT(testing::refusal([&] { resize2d(halves, 2, 2); }),
              ::testing::HasSubstr("[resize2d] node \"resize2d\": takes pictures in u8 or f32, got bf16; use cast()"));
  EXPECT_THAT(testing::refusal([&] {
                resize2d(input_value("x", DType::u8, {4, 6, 3}), 2, 2);
              }),
              ::testing::HasSubstr("(batch, height, width, channels), got (4, 6, 3)"));
  EXPECT_THAT(testing::refusal([&] {
                resize2d(input_value("x", DType::u8, {1, 0, 6, 3}), 2, 2);
              }),
              ::testing::HasSubstr("the height of the pictures must be 1 to"));
  EXPECT_THAT(testing::refusal([&] { resize2d(bytes, 2, 0); }),
              ::testing::HasSubstr("the width of the result must be 1 to 1048576 pixels, got 0"));
  EXPECT_THAT(testing::refusal([&] { resize2d(bytes, 2, 2, {.dtype = DType::i32}); }),
              ::testing::HasSubstr("makes u8 or f32 of u8, got i32"));
  EXPECT_THAT(testing::refusal([&] { resize2d(bytes, 2, 2, {.dtype = DType::u8, .scale = 2}); }),
              ::testing::HasSubstr("takes no scale, got 2; ask for f32"));
  EXPECT_THAT(testing::refusal([&] { resize2d(bytes, 2, 2, {.dtype = DType::u8, .fill = 0.5}); }),
              ::testing::HasSubstr("a whole number from 0 to 255, got 0.5"));
  EXPECT_THAT(testing::refusal([&] { letterbox2d(floats, letterbox(6, 4, 8, 8)); }),
              ::testing::HasSubstr("for pictures of 6 x 4 does not fit the shape (1, 4, 6, 3)"));
  Letterbox outside = letterbox(4, 6, 8, 8);
  outside.inside.top = 7;
  EXPECT_THAT(testing::refusal([&] { letterbox2d(floats, outside); }),
              ::testing::HasSubstr("at row 7, column 0 does not lie in a result of 8 x 8"));
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/network/detections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apps/yolov3/network/decode.h"
#include "core/graph/leaves.h"
#include "kernels/non_max_suppression/non_max_suppression.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina::yolov3 {
namespace {

// Two pictures of four boxes, two classes, at most two boxes of each. The second picture has a box inside of it, one over
// all edges, one in the grey above it, and one without numbers.
RawDetections two_pictures() {
  const float nan = std::nanf("");
  const std::vector<float> edges = {0.0f,  0.0f, 1.0f,  1.0f, 0,  0,  0, 0, 0, 0,    0,    0,    0,   0, 0, 0,
                                    0.25f, 0.5f, 0.75f, 1.0f, -1, -1, 2, 2, 0, 0.1f, 0.2f, 0.9f, nan, 0, 1, 1};
  std::vector<float> scores(2 * 4 * 2);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(i) / 16;
  return {HostTensor::of<float>({2, 4, 4}, edges), HostTensor::of<float>({2, 4, 2}, scores),
          HostTensor::of<int32_t>({2, 2, 2}, {0, -1, -1, -1, 1, 0, 3, 2}), HostTensor::of<int32_t>({2, 2}, {1, 0, 2, 2})};
}

TEST(Detections, AreInPixelsOfThePictureAndCutAtItsEdges) {
  const Letterbox box = letterbox(50, 200, 100, 100);  // the picture fills rows 37 to 62
  const std::vector<Detection> found = detections_of(two_pictures(), 1, box);
  ASSERT_EQ(found.size(), 2u) << "the box above the picture and the one without numbers are left out";
  EXPECT_EQ(found[0].box, (Box{.left = 0, .top = 0, .right = 200, .bottom = 50, .label = 0}));
  EXPECT_DOUBLE_EQ(found[0].score, 10.0 / 16);
  EXPECT_EQ(found[1].box, (Box{.left = 100, .top = 0, .right = 200, .bottom = 50, .label = 0}));
  EXPECT_DOUBLE_EQ(found[1].score, 8.0 / 16);
}

TEST(Detections, KeepTheirClassAndPicture) {
  RawDetections raw = two_pictures();
  raw.indices.as<int32_t>()[6] = 0;  // of class 1, in place of the box without numbers
  const std::vector<Detection> found = detections_of(raw, 1, letterbox(100, 100, 100, 100));
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[2].box, (Box{.left = 50, .top = 25, .right = 100, .bottom = 75, .label = 1}));
  EXPECT_DOUBLE_EQ(found[2].score, 9.0 / 16);
  EXPECT_EQ(detections_of(raw, 0, letterbox(100, 100, 100, 100)).size(), 1u);
}

TEST(Detections, RefuseTensorsThatDoNotFit) {
  const Letterbox box = letterbox(10, 10, 10, 10);
  const auto message = [&](const RawDetections& raw, int64_t picture) -> std::string {
    try {
      detections_of(raw, picture, box);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  RawDetections raw = two_pictures();
  EXPECT_THAT(message(raw, 2), ::testing::HasSubstr("picture 2 of a batch of 2"));
  raw.indices.as<int32_t>()[4] = 4;
  EXPECT_THAT(message(raw, 1), ::testing::HasSubstr("box 4 of class 0 is none of 4"));
  raw.counts.as<int32_t>()[2] = 3;
  EXPECT_THAT(message(raw, 1), ::testing::HasSubstr("3 boxes of class 0 were kept, of at most 2"));
  raw.counts = HostTensor(DType::i32, {2, 3});
  EXPECT_THAT(message(raw, 1), ::testing::HasSubstr("are none of (N, B, 4)"));
}

// Two anchors of neighbouring cells see one object, of class 1; everything else is background.
TEST(Detections, OfANetworkThatSeesOneObjectAreThatObject) {
  constexpr int64_t kGrid = 4, kNumbers = 5 + 2, kSize = 128;
  const ScaleAnchors anchors = {{16, 16}, {64, 32}};
  HostTensor raw(DType::f32, {1, kGrid, kGrid, 2 * kNumbers});
  std::ranges::fill(raw.as<float>(), -8.0f);
  const auto see = [&](int64_t row, int64_t column, float x, float objectness) {  // with the second anchor, as wide as it is
    const std::span<float> cell =
        raw.as<float>().subspan(static_cast<size_t>(((row * kGrid + column) * 2 + 1) * kNumbers), kNumbers);
    cell[0] = x, cell[1] = 0, cell[2] = 0, cell[3] = 0, cell[4] = objectness, cell[6] = 8;
  };
  see(1, 1, 8, 8);   // at the right border of its cell
  see(1, 2, -8, 4);  // at the left one of the next
  const DecodedBoxes decoded = decode_scale(input_value("raw", DType::f32, raw.extents()), anchors, kSize, kSize);
  const KeptBoxes kept = non_max_suppression(decoded.boxes, decoded.scores);
  const Letterbox box = letterbox(128, 256, kSize, kSize);  // halved, 32 grey rows above and below
  for (const DeviceKind kind : testing::available_devices()) {
    const auto results = testing::run_values(std::vector<Value>{decoded.boxes, decoded.scores, kept.indices, kept.counts},
                                             {{"raw", raw}}, testing::plan_options(kind));
    const std::vector<Detection> found = detections_of({results[0], results[1], results[2], results[3]}, 0, box);
    ASSERT_EQ(found.size(), 1u) << kind;
    // The centre is row 48 and column 64 of the input: row 32 and column 128 of the picture, where the anchor is 128 x 64.
    EXPECT_NEAR(found[0].box.left, 64, 0.1);
    EXPECT_NEAR(found[0].box.right, 192, 0.1);
    EXPECT_NEAR(found[0].box.top, 0, 0.1);
    EXPECT_NEAR(found[0].box.bottom, 64, 0.1);
    EXPECT_EQ(found[0].box.label, 1);
    EXPECT_NEAR(found[0].score, 1, 1e-3);
  }
}

}  // namespace
}  // namespace lamina::yolov3

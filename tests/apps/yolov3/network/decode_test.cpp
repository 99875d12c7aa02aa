// SPDX-License-Identifier: Apache-2.0
// Boxes and scores of small grids against plain loops, on every device.
#include "apps/yolov3/network/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/philox.h"
#include "core/graph/leaves.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kHeight = 64, kWidth = 96;

HostTensor random_output(const Extents& extents, uint32_t stream) {
  const RandomKey key{.seed = 3, .purpose = RandomPurpose::test, .stream = stream};
  HostTensor raw(DType::f32, extents);
  for (int64_t i = 0; i < raw.count(); ++i) raw.as<float>()[static_cast<size_t>(i)] = 4 * key.uniform(static_cast<uint64_t>(i)) - 2;
  return raw;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Expected {
  HostTensor boxes, scores;  // f64
};

Expected decoded_by_loops(const HostTensor& raw, const ScaleAnchors& anchors) {
  const Extents& extents = raw.extents();
  const auto count = static_cast<int64_t>(anchors.size());
  const int64_t rows = extents[1], columns = extents[2], numbers = extents[3] / count, boxes = rows * columns * count;
  Expected expected{HostTensor(DType::f64, {extents[0], boxes, 4}), HostTensor(DType::f64, {extents[0], boxes, numbers - 5})};
  size_t edge = 0, score = 0;
  for (int64_t picture = 0; picture < extents[0]; ++picture) {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        for (int64_t anchor = 0; anchor < count; ++anchor) {
          const auto at = [&](int64_t i) { return raw.at({picture, row, column, anchor * numbers + i}); };
          const auto& [anchor_width, anchor_height] = anchors[static_cast<size_t>(anchor)];
          const double x = (logistic(at(0)) + static_cast<double>(column)) / static_cast<double>(columns);
          const double y = (logistic(at(1)) + static_cast<double>(row)) / static_cast<double>(rows);
          const double w = std::exp(at(2)) * anchor_width / kWidth, h = std::exp(at(3)) * anchor_height / kHeight;
          for (const double value : {y - h / 2, x - w / 2, y + h / 2, x + w / 2}) expected.boxes.as<double>()[edge++] = value;
          for (int64_t label = 5; label < numbers; ++label) {
            expected.scores.as<double>()[score++] = logistic(at(4)) * logistic(at(label));
          }
        }
      }
    }
  }
  return expected;
}

const ScaleAnchors kCoarse = {{116, 90}, {156, 198}, {373, 326}}, kFine = {{10, 13}, {33, 23}};

TEST(Decode, OfOneScaleIsTheFormula) {
  const HostTensor raw = random_output({2, 2, 3, 3 * 7}, 1);
  const Expected expected = decoded_by_loops(raw, kCoarse);
  const DecodedBoxes decoded = decode_scale(input_value("raw", DType::f32, raw.extents()), kCoarse, kHeight, kWidth);
  for (const DeviceKind kind : testing::available_devices()) {
    const auto results =
        testing::run_values(std::vector<Value>{decoded.boxes, decoded.scores}, {{"raw", raw}}, testing::plan_options(kind));
    EXPECT_TRUE(testing::is_close(results[0], expected.boxes, testing::tolerance_for(DType::f32, 4))) << kind;
    EXPECT_TRUE(testing::is_close(results[1], expected.scores, testing::tolerance_for(DType::f32, 4))) << kind;
  }
}

TEST(Decode, SetsScalesBehindOneAnother) {
  const HostTensor coarse = random_output({1, 2, 3, 3 * 6}, 1), fine = random_output({1, 4, 6, 2 * 6}, 2);
  const Value outputs[] = {input_value("coarse", DType::f32, Shape{Dim::symbol("batch"), 2, 3, 3 * 6}),
                           input_value("fine", DType::f32, Shape{Dim::symbol("batch"), 4, 6, 2 * 6})};
  const ScaleAnchors anchors[] = {kCoarse, kFine};
  const DecodedBoxes decoded = decode(outputs, anchors, kHeight, kWidth);
  EXPECT_EQ(decoded.boxes.shape(), (Shape{Dim::symbol("batch"), 18 + 48, 4}));
  EXPECT_EQ(decoded.scores.shape(), (Shape{Dim::symbol("batch"), 18 + 48, 1}));
  const Expected first = decoded_by_loops(coarse, kCoarse), second = decoded_by_loops(fine, kFine);
  for (const DeviceKind kind : testing::available_devices()) {
    const Feed feed = {{"coarse", coarse}, {"fine", fine}};
    const HostTensor boxes = testing::run_values(std::vector<Value>{decoded.boxes}, feed, testing::plan_options(kind))[0];
    for (int64_t i = 0; i < boxes.count(); ++i) {
      const double expected = i < first.boxes.count() ? first.boxes.at(i) : second.boxes.at(i - first.boxes.count());
      ASSERT_NEAR(boxes.at(i), expected, 1e-5 * std::max(1.0, std::abs(expected))) << kind << " number " << i;
    }
  }
}

TEST(Decode, RefusesOutputsThatAreNoGrid) {
  const auto message = [](const Shape& shape, const ScaleAnchors& anchors, DType dtype = DType::f32) -> std::string {
    try {
      decode_scale(input_value("raw", dtype, shape), anchors, kHeight, kWidth);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({1, 2, 3, 20}, kCoarse),
              ::testing::HasSubstr("20 channels are not 3 anchors times 5 numbers and the classes"));
  EXPECT_THAT(message({1, 2, 3, 15}, kCoarse), ::testing::HasSubstr("15 channels are not 3 anchors"));
  EXPECT_THAT(message({1, 2, 3, 18}, {}), ::testing::HasSubstr("18 channels are not 0 anchors"));
  EXPECT_THAT(message({1, Dim::symbol("rows"), 3, 18}, kCoarse),
              ::testing::HasSubstr("a grid of known size, got (1, rows, 3, 18)"));
  EXPECT_THAT(message({1, 2, 3, 18}, kCoarse, DType::i32), ::testing::HasSubstr("takes floating point, got i32"));
  const Value output = input_value("raw", DType::f32, {1, 2, 3, 18});
  EXPECT_THROW(decode(std::span(&output, 1), std::span<const ScaleAnchors>(), kHeight, kWidth), Error);
}

}  // namespace
}  // namespace lamina::yolov3

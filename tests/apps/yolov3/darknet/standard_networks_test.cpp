// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/standard_networks.h"

#include <gtest/gtest.h>

#include <numeric>

#include "apps/yolov3/darknet/cfg.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;

int64_t parameters(const DarknetNetwork& network, bool with_statistics) {
  int64_t count = 0;
  for (const DarknetConvolutionShape& shape : network.convolutions()) {
    const int64_t vectors = !shape.batch_normalize ? 1 : with_statistics ? 4 : 2;
    count += shape.filters * (shape.size * shape.size * shape.channels + vectors);
  }
  return count;
}

// The sizes of keras-yolo3's models, in its summaries.
TEST(StandardNetworks, HaveTheParametersOfTheOriginals) {
  EXPECT_EQ(parameters(yolov3_network(80, yolov3_anchors(), 416), true), 62'001'757);
  EXPECT_EQ(parameters(yolov3_network(80, yolov3_anchors(), 416), false), 61'949'149);
  EXPECT_EQ(parameters(yolov3_network(20, yolov3_anchors(), 416), true), 61'678'657);
  EXPECT_EQ(parameters(yolov3_tiny_network(80, yolov3_tiny_anchors(), 416), true), 8'858'734);
  EXPECT_EQ(yolov3_network(80, yolov3_anchors(), 416).convolutions().size(), 75u);
  EXPECT_EQ(yolov3_tiny_network(80, yolov3_tiny_anchors(), 416).convolutions().size(), 13u);
}

TEST(StandardNetworks, HaveHeadsAtTheStridesOfTheOriginals) {
  const auto heads = [](const DarknetNetwork& network) {
    std::vector<int64_t> sides;
    for (const DarknetLayer& layer : network.layers) {
      if (std::holds_alternative<DarknetYolo>(layer.kind)) sides.push_back(layer.output.height);
    }
    return sides;
  };
  EXPECT_EQ(heads(yolov3_network(80, yolov3_anchors(), 416)), (std::vector<int64_t>{13, 26, 52}));
  EXPECT_EQ(heads(yolov3_tiny_network(80, yolov3_tiny_anchors(), 96)), (std::vector<int64_t>{3, 6}));
}

TEST(StandardNetworks, RefuseWhatNoNetworkHas) {
  const auto make = [](int64_t classes, std::vector<DarknetAnchor> anchors, int64_t size) {
    return [=] { yolov3_tiny_network(classes, anchors, size); };
  };
  expect_error(ErrorKind::usage, "a network of 0 classes; there is at least one", make(0, yolov3_tiny_anchors(), 416));
  expect_error(ErrorKind::usage, "a network of 100 pixels a side; it is a multiple of 32", make(1, yolov3_tiny_anchors(), 100));
  expect_error(ErrorKind::usage, "a network of 0 pixels a side; it is a multiple of 32", make(1, yolov3_tiny_anchors(), 0));
  expect_error(ErrorKind::usage, "the network takes 6 anchors, got 9", make(1, yolov3_anchors(), 416));
  std::vector<DarknetAnchor> flat = yolov3_tiny_anchors();
  flat[3].height = 0;
  expect_error(ErrorKind::usage, "an anchor of 81 x 0 pixels", make(1, flat, 416));
}

}  // namespace
}  // namespace lamina::yolov3

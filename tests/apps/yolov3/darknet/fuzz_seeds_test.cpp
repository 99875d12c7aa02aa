// SPDX-License-Identifier: Apache-2.0
// data/small.cfg and small.weights, from which tests/fuzz/darknet_fuzz.cpp starts: what our writers make of one small network
// with every kind of layer.
#include <gtest/gtest.h>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/weights.h"
#include "core/io/read_file.h"
#include "tests/apps/yolov3/darknet/random_weights.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

const std::filesystem::path kSeeds = std::filesystem::path(LAMINA_SOURCE_DIR) / "tests/apps/yolov3/darknet/data";

DarknetNetwork small_network() {
  DarknetNetwork network{.width = 32, .height = 32, .channels = 1};
  network.append(DarknetConvolutional{2, 3, 1, 1, true, DarknetActivation::leaky}, "test");
  network.append(DarknetUpsample{2}, "test");
  network.append(DarknetMaxpool{2, 2, 1}, "test");
  network.append(DarknetShortcut{0}, "test");
  network.append(DarknetRoute{{3, 0}}, "test");
  network.append(DarknetConvolutional{6, 1, 1, 0, false, DarknetActivation::linear}, "test");
  network.append(DarknetYolo{{0}, {{10, 14}}, 1, 0.5}, "test");
  return network;
}

TEST(DarknetFuzzSeeds, AreWhatOurWritersMake) {
  const DarknetNetwork network = small_network();
  EXPECT_EQ(read_cfg(kSeeds / "small.cfg"), network);
  const testing::ScratchFolder folder;
  write_weights(folder / "small.weights", testing::random_weights(network.convolutions(), 1), 0);
  EXPECT_EQ(read_file(kSeeds / "small.weights"), read_file(folder / "small.weights"));
}

// The target reads every .weights as these; others would end at their size.
TEST(DarknetFuzzSeeds, HaveTheShapesOfTheTarget) {
  const std::vector<DarknetConvolutionShape> shapes = {{2, 1, 3, true}, {6, 4, 1, false}};
  EXPECT_EQ(small_network().convolutions(), shapes);
  EXPECT_EQ(take_convolutions(read_weights(kSeeds / "small.weights"), shapes).left, 0u);
}

}  // namespace
}  // namespace lamina::yolov3

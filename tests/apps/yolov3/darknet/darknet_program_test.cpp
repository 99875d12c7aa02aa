// SPDX-License-Identifier: Apache-2.0
// Our files in the hands of darknet itself (Debian's package), and darknet's own files in ours. Skipped where it is not there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/darknet/weights.h"
#include "core/io/read_file.h"
#include "tests/apps/yolov3/darknet/random_weights.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

const fs::path kProgram = "/usr/bin/darknet";
const fs::path kDataFolder = "/usr/share/darknet/data";
const fs::path kCfgFolder = "/usr/share/darknet/cfg";

class DarknetProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kProgram)) GTEST_SKIP() << "there is no " << kProgram << " (Debian package darknet)";
  }

  // Its exit code; what it printed is in log().
  int darknet(const std::string& arguments) const {
    return std::system(text("cd '", folder_.path().native(), "' && ", kProgram.native(), " ", arguments, " > log 2>&1").c_str());
  }
  std::string log() const {
    const auto bytes = read_file(folder_ / "log");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  void write_cfg(const DarknetNetwork& network) const { std::ofstream(folder_ / "n.cfg") << cfg_text(network); }

  testing::ScratchFolder folder_;
};

// It reads cfg and weights and writes the weights of all layers again: were a layer or an order wrong, bytes would differ.
TEST_F(DarknetProgram, WritesBackTheWeightsThatItReadFromOurFiles) {
  const DarknetNetwork network = yolov3_tiny_network(3, yolov3_tiny_anchors(), 96);
  write_cfg(network);
  const auto written = testing::random_weights(network.convolutions(), 9);
  write_weights(folder_ / "n.weights", written, 0);
  ASSERT_EQ(darknet("partial n.cfg n.weights again.weights 1000"), 0) << log();
  EXPECT_EQ(read_file(folder_ / "again.weights"), read_file(folder_ / "n.weights")) << log();
}

TEST_F(DarknetProgram, CutsABackboneThatLoadsInPart) {
  const DarknetNetwork network = yolov3_tiny_network(3, yolov3_tiny_anchors(), 96);
  write_cfg(network);
  const auto written = testing::random_weights(network.convolutions(), 9);
  write_weights(folder_ / "n.weights", written, 0);
  ASSERT_EQ(darknet("partial n.cfg n.weights backbone.weights 12"), 0) << log();
  const DarknetLoad loaded = take_convolutions(read_weights(folder_ / "backbone.weights"), network.convolutions(),
                                               {.partial = true});
  EXPECT_EQ(loaded.report(), "6 of 13 convolutions taken, 7 left as they were");
  EXPECT_TRUE(testing::equal(loaded.convolutions, std::span(written).first(6)));
}

TEST_F(DarknetProgram, DetectsWithOurFiles) {
  if (!fs::exists(kDataFolder / "dog.jpg")) GTEST_SKIP() << "there is no " << kDataFolder / "dog.jpg";
  const DarknetNetwork network = yolov3_tiny_network(3, yolov3_tiny_anchors(), 96);
  write_cfg(network);
  write_weights(folder_ / "n.weights", testing::random_weights(network.convolutions(), 9), 0);
  fs::create_symlink(kDataFolder, folder_ / "data");  // it looks there for its letters
  std::ofstream(folder_ / "n.names") << "cat\ndog\nbird\n";
  std::ofstream(folder_ / "n.data") << "classes=3\nnames=n.names\n";
  ASSERT_EQ(darknet("detector test n.data n.cfg n.weights data/dog.jpg -thresh 0.2 -out found"), 0) << log();
  EXPECT_NE(log().find("data/dog.jpg: Predicted in"), std::string::npos) << log();
}

TEST_F(DarknetProgram, SeesTheLayersThatWeMean) {
  const DarknetNetwork network = yolov3_network(20, yolov3_anchors(), 96);
  write_cfg(network);
  ASSERT_EQ(darknet("ops n.cfg"), 0) << log();
  const std::string printed = log();
  EXPECT_NE(printed.find("  105 conv     75  1 x 1 / 1    12 x  12 x 256   ->    12 x  12 x  75"), std::string::npos) << printed;
  EXPECT_NE(printed.find("  106 yolo"), std::string::npos) << printed;
}

// The standard files hold the layers that we generate, at their own sizes.
TEST_F(DarknetProgram, HasTheSameStandardNetworks) {
  if (!fs::exists(kCfgFolder / "yolov3.cfg")) GTEST_SKIP() << "there is no " << kCfgFolder / "yolov3.cfg";
  EXPECT_EQ(read_cfg(kCfgFolder / "yolov3.cfg"), yolov3_network(80, yolov3_anchors(), 608));
  EXPECT_EQ(read_cfg(kCfgFolder / "yolov3-tiny.cfg"), yolov3_tiny_network(80, yolov3_tiny_anchors(), 416));
  EXPECT_EQ(read_cfg(kCfgFolder / "yolov3-spp.cfg").convolutions().size(), 76u);
  EXPECT_EQ(read_cfg(kCfgFolder / "yolov3-voc.cfg").layers.size(), 107u);
}

}  // namespace
}  // namespace lamina::yolov3

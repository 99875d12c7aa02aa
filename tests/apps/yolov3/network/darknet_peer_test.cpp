// SPDX-License-Identifier: Apache-2.0
// Darknet itself (Debian's package) as a peer: the same cfg, weights and picture give the same detections. Skipped where it is
// not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/darknet/weights.h"
#include "apps/yolov3/network/detector.h"
#include "apps/yolov3/network/network_files.h"
#include "apps/yolov3/drawing/canvas.h"
#include "tests/apps/yolov3/darknet/random_weights.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

namespace fs = std::filesystem;

const fs::path kProgram = "/usr/bin/darknet";
constexpr int64_t kWidth = 130, kHeight = 90;
constexpr double kScore = 0.005, kIou = 0.45;  // those of `darknet detector valid`
constexpr double kCompared = 0.02;             // detections below may fall on either side of its threshold

// Waves of colour: pixels far from each other differ, neighbours little.
Picture waves() {
  Picture picture{kWidth, kHeight, {}};
  for (int64_t row = 0; row < kHeight; ++row) {
    for (int64_t column = 0; column < kWidth; ++column) {
      for (int channel = 0; channel < 3; ++channel) {
        const double wave = std::sin(0.11 * static_cast<double>(row) + channel) * std::cos(0.07 * static_cast<double>(column) - channel);
        picture.rgb.push_back(static_cast<uint8_t>(127.5 + 120 * wave));
      }
    }
  }
  return picture;
}

// Lines "picture score left top right bottom" of one class, pixels counted from 1.
void read_detections(const fs::path& file, int label, std::vector<Detection>& found) {
  std::ifstream lines(file);
  std::string picture;
  double score = 0, left = 0, top = 0, right = 0, bottom = 0;
  while (lines >> picture >> score >> left >> top >> right >> bottom) {
    if (picture == "a") found.push_back({{left - 1, top - 1, right - 1, bottom - 1, label}, score});
  }
}

TEST(DarknetPeer, GivesTheSameDetections) {
  if (!fs::exists(kProgram)) GTEST_SKIP() << "there is no " << kProgram << " (Debian package darknet)";
  const lamina::testing::ScratchFolder folder;
  const DarknetNetwork network = yolov3_tiny_network(3, yolov3_tiny_anchors(), 96);
  std::ofstream(folder / "n.cfg") << cfg_text(network);
  write_weights(folder / "n.weights", lamina::testing::random_weights(network.convolutions(), 9), 0);
  std::ofstream(folder / "n.names") << "x\ny\nz\n";
  std::ofstream(folder / "n.data") << "classes=3\nvalid=list.txt\nnames=n.names\nresults=.\n";
  std::ofstream list(folder / "list.txt");
  for (const char* name : {"a", "b", "c", "d"}) {  // it reads four at a time, whether there are as many or not
    write_png(folder / (std::string(name) + ".png"), waves());
    list << std::filesystem::path(folder / (std::string(name) + ".png")).native() << "\n";
  }
  list.close();
  const std::string command = text("cd '", folder.path().native(), "' && ", kProgram.native(), " detector valid n.data n.cfg n.weights -out det_ > log 2>&1");
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::vector<Detection> theirs;
  for (int label = 0; label < 3; ++label) read_detections(folder / (std::string("det_") + "xyz"[label] + ".txt"), label, theirs);

  const LoadedNetwork loaded = load_network(folder / "n.weights");
  Detector detector(loaded.network, {.score = kScore, .iou = kIou, .max_per_class = 1000, .darknet_letterbox = true}, {.device = "cpu"});
  const Picture picture = waves();
  const std::vector<Detection> ours = detector.detect({&picture, 1}).front();

  int compared = 0;
  for (const Detection& one : theirs) {
    const bool in_picture = one.box.width() > 0 && one.box.height() > 0;  // it also lists what lies wholly beside
    if (one.score < kCompared || !in_picture) continue;
    // In units of what is allowed: a thousandth of score, a pixel of each edge.
    double nearest = 1e9;
    for (const Detection& mine : ours) {
      if (mine.box.label != one.box.label) continue;
      const double apart[] = {(mine.score - one.score) / 1e-3, mine.box.left - one.box.left, mine.box.top - one.box.top,
                              mine.box.right - one.box.right, mine.box.bottom - one.box.bottom};
      double worst = 0;
      for (const double by : apart) worst = std::max(worst, std::abs(by));
      nearest = std::min(nearest, worst);
    }
    ++compared;
    EXPECT_LE(nearest, 1.0) << "class " << one.box.label << " score " << one.score << " at " << one.box.left << ", " << one.box.top;
  }
  EXPECT_GT(compared, 50);
}

}  // namespace
}  // namespace lamina::yolov3

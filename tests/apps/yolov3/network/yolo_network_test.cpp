// SPDX-License-Identifier: Apache-2.0
// Networks from darknet descriptions: their sizes, one training step alike on every device, and their files.
#include "apps/yolov3/network/yolo_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/data/targets.h"
#include "apps/yolov3/network/detector.h"
#include "apps/yolov3/network/network_files.h"
#include "apps/yolov3/network/training.h"
#include "core/base/philox.h"
#include "layers/lamina.h"
#include "tests/testing/devices.h"
#include "tests/testing/scratch_folder.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::is_close;
using lamina::testing::ScratchFolder;

int64_t parameters(const YoloNetwork& network) {
  std::vector<Value> outputs;
  for (const Head& head : network.heads) outputs.push_back(head.raw);
  int64_t count = 0;
  for (const NamedVariable& named : Network({network.image}, outputs).weights()) count += named.variable->count();
  return count;
}

TEST(YoloNetwork, HasThePublishedParameters) {
  EXPECT_EQ(parameters(make_network(yolov3_network(80, yolov3_anchors(), 416))), 62'001'757);
  EXPECT_EQ(parameters(make_network(yolov3_tiny_network(80, yolov3_tiny_anchors(), 416))), 8'858'734);
}

TEST(YoloNetwork, NamesLayersByDarknetsNumbers) {
  const YoloNetwork network = make_network(yolov3_tiny_network(2, yolov3_tiny_anchors(), 64));
  ASSERT_EQ(network.heads.size(), 2u);
  EXPECT_EQ(network.heads[0].stride, 32);
  EXPECT_EQ(network.heads[1].stride, 16);
  std::vector<std::string> names;
  for (const Convolution& one : network.convolutions) names.push_back(one.conv.layer()->name);
  EXPECT_THAT(names, ::testing::Contains("conv_0"));
  EXPECT_THAT(names, ::testing::Contains("yolo_16"));
  EXPECT_THAT(names, ::testing::Contains("yolo_23"));
}

TEST(YoloNetwork, FreezesTheBodyOrAllButTheOutputs) {
  const YoloNetwork network = make_network(yolov3_network(2, yolov3_anchors(), 64));
  const auto training = [&](Freeze what) {
    freeze(network, what);
    int64_t count = 0;
    for (const Convolution& one : network.convolutions) count += one.conv.layer()->trainable;
    return count;
  };
  EXPECT_EQ(training(Freeze::none), 75);
  EXPECT_EQ(training(Freeze::body), 75 - 52);
  EXPECT_EQ(training(Freeze::all_but_outputs), 3);
}

// A few channels, both heads, every kind of layer; weights of random signs, so that sides of the activation differ.
DarknetNetwork small_network() {
  DarknetNetwork network;
  network.width = network.height = 64;
  const auto conv = [&](int64_t filters, int64_t size, int64_t stride = 1, bool last = false) {
    network.append(DarknetConvolutional{filters, size, stride, size / 2, !last, last ? DarknetActivation::linear : DarknetActivation::leaky}, "test");
  };
  const DarknetYolo coarse{{1, 2}, {{10, 14}, {24, 20}, {40, 44}}, 2, 0.5}, fine{{0}, coarse.anchors, 2, 0.5};
  conv(8, 3), conv(16, 3, 2), conv(8, 1), conv(16, 3);
  network.append(DarknetShortcut{1}, "test");
  network.append(DarknetMaxpool{2, 2, 1}, "test");
  conv(16, 3, 2), conv(24, 3, 2);
  network.append(DarknetMaxpool{2, 1, 1}, "test");
  conv(32, 3, 2), conv(14, 1, 1, true);
  network.append(coarse, "test");
  network.append(DarknetRoute{{9}}, "test");
  conv(8, 1);
  network.append(DarknetUpsample{2}, "test");
  network.append(DarknetRoute{{14, 8}}, "test");
  conv(7, 1, 1, true);
  network.append(fine, "test");
  return network;
}

TensorMap pictures_and_truths(const YoloNetwork& network) {
  const TargetOptions targets = target_options(network.description);
  TensorMap inputs;
  HostTensor image(DType::f32, {2, 64, 64, 3});
  const RandomKey key{3, RandomPurpose::test};
  uint64_t next = 0;
  for (float& value : image.as<float>()) value = key.uniform(next++);
  inputs.emplace("image", std::move(image));
  std::vector<HostTensor> truths;
  for (const ScaleGrid& scale : targets.scales) truths.push_back(make_target(targets, scale, 2));
  const std::vector<Box> boxes[] = {{{4, 6, 18, 20, 0}, {20, 22, 60, 62, 1}}, {{30, 8, 54, 30, 1}}};
  for (size_t row = 0; row < 2; ++row) {
    std::vector<std::span<float>> rows;
    for (HostTensor& truth : truths) {
      const auto each = static_cast<size_t>(truth.count() / 2);
      rows.push_back(truth.as<float>().subspan(row * each, each));
    }
    write_targets(boxes[row], targets, rows);
  }
  for (size_t scale = 0; scale < truths.size(); ++scale) inputs.emplace(text("y_true_", scale), std::move(truths[scale]));
  return inputs;
}

struct Step {
  HostTensor loss;
  std::map<std::string, HostTensor> weights;
};

// By plain gradient descent, the differences of the weights are the gradients, layer by layer.
Step train_one_step(const char* device, bool fuse = true) {
  const YoloNetwork network = make_network(small_network());
  Model model = make_training_model(network);
  CompileOptions options{.optimizer = sgd({.learning_rate = 1.0}), .loss = training_losses(), .metrics = training_metrics(), .device = device, .seed = 4};
  options.fuse = fuse;
  model.compile(std::move(options));
  const double loss = model.train_on_batch(pictures_and_truths(network)).at("loss");
  Step step{HostTensor::scalar(static_cast<float>(loss)), {}};
  for (const NamedVariable& named : model.weights()) step.weights.emplace(named.path, named.variable->read());
  return step;
}

// The longest sums are the first convolution's gradients, over all pixels of both pictures.
void expect_same_step(const Step& a, const Step& b, const std::string& what) {
  const lamina::testing::Tolerance tolerance = lamina::testing::tolerance_for(DType::f32, 2 * 64 * 64);
  EXPECT_TRUE(is_close(b.loss, a.loss, tolerance)) << what;
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (const auto& [path, weight] : a.weights) {
    EXPECT_TRUE(is_close(b.weights.at(path), weight, tolerance)) << what << ": " << path;
  }
}

TEST(YoloNetwork, TrainsAStepAlikeOnEveryDeviceLayerByLayer) {
  const Step cpu = train_one_step("cpu");
  ASSERT_TRUE(std::isfinite(cpu.loss.at(0)));
  for (const DeviceKind kind : lamina::testing::available_devices()) {
    if (kind != DeviceKind::cpu) expect_same_step(cpu, train_one_step(std::string(name_of(kind)).c_str()), std::string(name_of(kind)));
  }
}

TEST(YoloNetwork, TrainsAStepAlikeWithAndWithoutFusing) { expect_same_step(train_one_step("cpu"), train_one_step("cpu", false), "without fusing"); }

HostTensor scores_of(const std::vector<Detection>& found) {
  std::vector<float> scores;
  for (const Detection& one : found) scores.push_back(static_cast<float>(one.score));
  return HostTensor::of<float>({std::ssize(scores)}, scores);
}

// Darknet's format has another gamma, rounded on both ways; the longest sums read 32 channels of 3 x 3 pixels.
TEST(NetworkFiles, GiveTheSameDetectionsAfterSavingInEitherFormat) {
  const ScratchFolder folder;
  const YoloNetwork network = make_network(small_network());
  Model training = make_training_model(network);
  training.compile({.optimizer = adam({.learning_rate = 0.01}), .loss = training_losses(), .device = "cpu", .seed = 9});
  for (int i = 0; i < 3; ++i) training.train_on_batch(pictures_and_truths(network));
  const Picture picture{50, 40, std::vector<uint8_t>(50 * 40 * 3, 90)};
  const DetectorOptions all{.score = 0.0, .iou = 1.0, .max_per_class = 20};
  const auto found = Detector(network, all, {.device = "cpu"}).detect({&picture, 1}).front();
  ASSERT_GT(found.size(), 10u);
  const lamina::testing::Tolerance exact, rounded = lamina::testing::tolerance_for(DType::f32, 3 * 3 * 32);
  for (const auto& [name, tolerance] : {std::pair{"net.safetensors", exact}, {"net.weights", rounded}}) {
    save_network(folder / name, network, {"left", "right"});
    const LoadedNetwork loaded = load_network(folder / name);
    EXPECT_THAT(loaded.class_names, ::testing::ElementsAre("left", "right"));
    const auto again = Detector(loaded.network, all, {.device = "cpu"}).detect({&picture, 1}).front();
    EXPECT_TRUE(is_close(scores_of(again), scores_of(found), tolerance)) << name;
  }
}

}  // namespace
}  // namespace lamina::yolov3

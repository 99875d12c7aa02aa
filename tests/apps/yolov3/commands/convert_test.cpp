// SPDX-License-Identifier: Apache-2.0
// Weights there and back between our format and darknet's.
#include "apps/yolov3/commands/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "apps/yolov3/darknet/cfg.h"
#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/darknet/weights.h"
#include "apps/yolov3/network/detector.h"
#include "apps/yolov3/network/network_files.h"
#include "core/base/philox.h"
#include "layers/lamina.h"
#include "tests/apps/yolov3/darknet/random_weights.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using lamina::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::vector<std::string> kClassNames = {"left", "right"};

// Runs the command; returns what it printed.
std::string convert(const std::vector<std::string>& words) {
  CLI::App cli;
  std::function<int()> body;
  add_convert_command(cli, body);
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  reversed.emplace_back("convert");
  cli.parse(std::move(reversed));
  std::ostringstream out;
  std::streambuf* const stdout_of_others = std::cout.rdbuf(out.rdbuf());
  const auto restore = std::shared_ptr<void>(nullptr, [&](void*) { std::cout.rdbuf(stdout_of_others); });
  EXPECT_EQ(body(), 0);
  return out.str();
}

std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Tiny with random weights and statistics, as darknet's files.
void write_darknet_network(const ScratchFolder& folder) {
  const DarknetNetwork network = yolov3_tiny_network(2, yolov3_tiny_anchors(), 32);
  write_weights(folder / "a.weights", testing::random_weights(network.convolutions(), 3), 0);
  std::ofstream(folder / "a.cfg") << cfg_text(network);
  std::ofstream(folder / "a.names") << "left\nright\n";
}

// (found, 6): score, label and the sides of the box in units of the picture's. The picture has the network's own size, and so
// lies there alike by every rule of letterboxing.
HostTensor detections(const std::string& file) {
  constexpr int64_t kSide = 32;
  const LoadedNetwork loaded = load_network(file);
  EXPECT_EQ(loaded.class_names, kClassNames) << file;
  Picture picture{kSide, kSide, std::vector<uint8_t>(kSide * kSide * 3)};
  const RandomKey key{5, RandomPurpose::test};
  uint64_t next = 0;
  for (uint8_t& value : picture.rgb) value = static_cast<uint8_t>(255 * key.uniform(next++));
  const DetectorOptions all{.score = 0, .iou = 1, .max_per_class = 15, .darknet_letterbox = loaded.from_darknet};
  const auto found = Detector(loaded.network, all, {.device = "cpu"}).detect({&picture, 1}).front();
  std::vector<float> numbers;
  for (const Detection& one : found) {
    numbers.insert(numbers.end(), {static_cast<float>(one.score), static_cast<float>(one.box.label)});
    for (const double side : {one.box.left, one.box.top, one.box.right, one.box.bottom}) {
      numbers.push_back(static_cast<float>(side / kSide));
    }
  }
  return HostTensor::of<float>({std::ssize(found), 6}, numbers);
}

// Kernels, biases, means and variances keep their bits; gamma is rescaled twice, from one epsilon to the other and back.
void expect_same_weights(const std::string& file, const std::string& expected) {
  const std::vector<DarknetConvolutionShape> shapes = load_network(expected).network.description.convolutions();
  const DarknetLoad there = take_convolutions(read_weights(file), shapes);
  const DarknetLoad here = take_convolutions(read_weights(expected), shapes);
  ASSERT_EQ(there.convolutions.size(), here.convolutions.size());
  for (size_t i = 0; i < shapes.size(); ++i) {
    ConvolutionWeights one = there.convolutions[i];
    const ConvolutionWeights& other = here.convolutions[i];
    if (one.batch_normalization) {
      HostTensor& gamma = one.batch_normalization->gamma;
      EXPECT_TRUE(testing::is_close(gamma, other.batch_normalization->gamma, testing::tolerance_for(DType::f32, 1))) << i;
      gamma = other.batch_normalization->gamma;
    }
    EXPECT_TRUE(testing::equal(one, other)) << i;
  }
}

TEST(Convert, GivesEqualWeightsAndDetectionsThereAndBack) {
  const ScratchFolder folder;
  const std::string darknet = folder / "a.weights", ours = folder / "b.safetensors", back = folder / "c.weights";
  write_darknet_network(folder);
  EXPECT_EQ(convert({darknet, ours}), darknet + ": 13 of 13 convolutions taken, 0 left as they were\nwritten: " + ours + "\n");
  EXPECT_EQ(convert({ours, back}), ours + ": 59 tensors\nwritten: " + back + ", " + (folder / "c.cfg").string() + ", " +
                                       (folder / "c.names").string() + "\n");
  expect_same_weights(back, darknet);
  EXPECT_EQ(contents(folder / "c.cfg"), contents(folder / "a.cfg"));
  const HostTensor expected = detections(darknet);
  EXPECT_EQ(expected.extents(), (Extents{30, 6}));
  EXPECT_TRUE(testing::is_equal(detections(ours), expected));
  EXPECT_TRUE(testing::is_close(detections(back), expected, testing::tolerance_for(DType::f32, 3 * 3 * 512)));
}

TEST(Convert, TakesDescriptionAndNamesFromElsewhere) {
  const ScratchFolder folder;
  write_darknet_network(folder);
  std::filesystem::rename(folder / "a.cfg", folder / "other.cfg");
  std::ofstream(folder / "other.names") << "up\ndown\n";
  convert({folder / "a.weights", folder / "b.safetensors", "--cfg", folder / "other.cfg", "--names", folder / "other.names"});
  EXPECT_THAT(load_network(folder / "b.safetensors").class_names, ElementsAre("up", "down"));
}

TEST(Convert, WritesOverNothing) {
  for (const char* there : {"b.weights", "b.cfg", "b.names"}) {
    const ScratchFolder folder;
    write_darknet_network(folder);
    std::ofstream(folder / there) << "precious";
    expect_error(ErrorKind::usage,
                 "OUT: there is a file '" + (folder / there).string() +
                     "' already, and convert writes over nothing; choose another name or remove the file",
                 [&] { convert({folder / "a.weights", folder / "b.weights"}); });
    EXPECT_EQ(contents(folder / there), "precious");
    EXPECT_THAT(folder.names(), UnorderedElementsAre("a.weights", "a.cfg", "a.names", there));
  }
}

TEST(Convert, WritesNothingWhereTheWeightsAreWrongOrTheFolderIsMissing) {
  const ScratchFolder folder;
  std::ofstream(folder / "a.safetensors") << "not a header";
  EXPECT_THROW(convert({folder / "a.safetensors", folder / "b.weights"}), Error);
  EXPECT_THAT(folder.names(), ElementsAre("a.safetensors"));
  EXPECT_THAT(testing::refusal([&] { convert({folder / "a.safetensors", folder / "missing/b.weights"}); }),
              ::testing::AllOf(::testing::StartsWith("5: OUT: "), ::testing::HasSubstr("missing")));
}

TEST(Convert, KnowsTwoEndings) {
  for (const char* out : {"b.onnx", "b", "darknet53.conv.74", ""}) {
    EXPECT_THROW(convert({"a.weights", out}), CLI::ValidationError) << out;
  }
  EXPECT_THROW(convert({"a.weights"}), CLI::RequiredError);
  expect_error(ErrorKind::usage, "weights file 'a.onnx': the name must end in .safetensors or, of darknet, in .weights",
               [] { convert({"a.onnx", "b.weights"}); });
}

}  // namespace
}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// bin/yolov3 from data to detections, and what it says of data, flags and files that are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/run_program.h"
#include "tests/testing/scratch_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::run_program;
using testing::ScratchFolder;

nlohmann::json read_json(const std::string& file) {
  std::ifstream json(file);
  return nlohmann::json::parse(json);
}

TEST(Yolov3App, InfoHasThePublishedNumbers) {
  const auto run = run_program({"yolov3", "info", "--model", "yolov3"});
  EXPECT_EQ(run.exit_code, 0) << run.out;
  EXPECT_THAT(run.out, AllOf(HasSubstr("Total params: 62,001,757"), HasSubstr("Non-trainable params: 52,608"), HasSubstr("forward: 65.86 GFLOP")));
}

TEST(Yolov3App, TrainsDetectsAndMeasures) {
  const ScratchFolder folder;
  const std::string out = folder / "run", weights = folder / "run/last.safetensors";
  const auto train = run_program({"yolov3", "train", "--data", "shapes", "--size", "32", "--epochs", "2", "--eval-every", "2", "--batch", "50", "--out", out});
  ASSERT_EQ(train.exit_code, 0) << train.out;
  EXPECT_THAT(train.out, AllOf(HasSubstr("loss binding: yolo_loss () <- identity (passthrough, needs no y), weight 1"), HasSubstr("images_s: "),
                               HasSubstr("validation mAP "), HasSubstr("test split, 50 pictures:")));
  for (const char* file : {"run.json", "log.jsonl", "first_batch.png", "predictions.png", "loss.png", "map.png", "last.safetensors", "best.safetensors"}) {
    EXPECT_TRUE(fs::exists(fs::path(out) / file)) << file;
  }
  const nlohmann::json run = read_json(out + "/run.json");
  EXPECT_EQ(run.at("data").at("train"), 200);
  EXPECT_TRUE(run.at("test").contains("mean"));
  EXPECT_GT(run.at("seconds").get<double>(), 0);
  EXPECT_EQ(run.at("options").at("epochs"), 2);
  const auto briefly = run_program({"yolov3", "train", "--data", "shapes", "--size", "32", "--minutes", "0.01", "--batch", "50", "--out", folder / "brief"});
  EXPECT_EQ(briefly.exit_code, 0) << briefly.out;
  EXPECT_THAT(briefly.out, HasSubstr("Epoch 1\n"));
  EXPECT_TRUE(read_json(folder / "brief/run.json").at("options").at("epochs").is_null()) << "as many as there is time for";

  const auto again = run_program({"yolov3", "train", "--data", "shapes", "--size", "32", "--epochs", "1", "--out", out});
  EXPECT_EQ(again.exit_code, 2) << "nothing is written over: " << again.out;

  const auto eval = run_program({"yolov3", "eval", weights, "shapes", "--json", folder / "map.json"});
  EXPECT_EQ(eval.exit_code, 0) << eval.out;
  EXPECT_EQ(read_json(folder / "map.json").at("classes").size(), 3u);
  EXPECT_DOUBLE_EQ(read_json(folder / "map.json").at("mean").get<double>(), run.at("test").at("mean").get<double>());

  const std::string darknet = folder / "net.weights";
  const auto convert = run_program({"yolov3", "convert", weights, darknet});
  EXPECT_EQ(convert.exit_code, 0) << convert.out;
  EXPECT_THAT(convert.out, HasSubstr("written: " + darknet + ", "));
  EXPECT_EQ(run_program({"yolov3", "convert", weights, darknet}).exit_code, 2) << "nothing is written over";

  const auto detect = run_program({"yolov3", "detect", weights, out + "/first_batch.png", "--score", "0", "--out", folder / "found", "--json", folder / "found.json"});
  EXPECT_EQ(detect.exit_code, 0) << detect.out;
  EXPECT_TRUE(fs::exists(fs::path(folder / "found") / "first_batch.png"));
  EXPECT_FALSE(read_json(folder / "found.json").at(0).at("detections").empty());
}

TEST(Yolov3App, EqualSeedsGiveEqualWeights) {
  const ScratchFolder folder;
  const auto train = [&](const char* name, const char* threads) {
    const auto run = run_program({"yolov3", "train", "shapes", "--size", "32", "--epochs", "1", "--batch", "40", "--loader-threads", threads, "--out", folder / name});
    ASSERT_EQ(run.exit_code, 0) << run.out;
  };
  const auto bytes = [&](const char* name) {
    std::ifstream file(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  train("a", "1");
  train("b", "3");
  EXPECT_EQ(bytes("a/last.safetensors"), bytes("b/last.safetensors"));
}

TEST(Yolov3App, WrongFlagsAreUsageErrors) {
  EXPECT_EQ(run_program({"yolov3"}).exit_code, 2);
  const auto size = run_program({"yolov3", "train", "shapes", "--size", "400"});
  EXPECT_EQ(size.exit_code, 2);
  EXPECT_THAT(size.out, HasSubstr("400 is no multiple of 32; the nearest are 384 and 416"));
  const auto flag = run_program({"yolov3", "train", "shapes", "--epoch", "2"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.out, HasSubstr("(did you mean '--epochs'?)"));
  const auto anchors = run_program({"yolov3", "train", "nowhere", "--anchors", "1,2"});
  EXPECT_EQ(anchors.exit_code, 2) << "the data is not looked for: " << anchors.out;
  const auto ending = run_program({"yolov3", "convert", "a.weights", "b.onnx"});
  EXPECT_EQ(ending.exit_code, 2);
  EXPECT_THAT(ending.out, HasSubstr("the name 'b.onnx' must end in .weights or .safetensors"));
  const auto none = run_program({"yolov3", "train"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.out, HasSubstr("no DATA was given"));
}

TEST(Yolov3App, SaysWhatIsWrongWithDataAndWeights) {
  const ScratchFolder folder;
  const auto missing = run_program({"yolov3", "train", folder / "nowhere"});
  EXPECT_EQ(missing.exit_code, 5) << missing.out;
  EXPECT_THAT(missing.out, HasSubstr("nowhere"));
  fs::create_directory(folder / "empty");
  EXPECT_EQ(run_program({"yolov3", "check", folder / "empty"}).exit_code, 3);
  std::ofstream(folder / "cut.safetensors") << "not a header";
  const auto cut = run_program({"yolov3", "detect", folder / "cut.safetensors", folder / "x.jpg"});
  EXPECT_EQ(cut.exit_code, 3) << cut.out;
  EXPECT_THAT(cut.out, HasSubstr("cut.safetensors"));
}

}  // namespace
}  // namespace lamina

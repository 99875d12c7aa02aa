// SPDX-License-Identifier: Apache-2.0
// Batches do not depend on threads, cache or what was loaded before; failures arrive with the picture's name.
#include "apps/yolov3/data/detection_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <set>
#include <string>

#include "apps/yolov3/darknet/standard_networks.h"
#include "apps/yolov3/data/load_data.h"
#include "apps/yolov3/data/shapes.h"
#include "core/base/text.h"
#include "tests/testing/expect_error.h"

namespace lamina::yolov3 {
namespace {

using lamina::testing::expect_error;
using ::testing::ElementsAre;

constexpr int64_t kPictures = 11;

std::shared_ptr<const PictureSource> shapes() {
  return make_shapes({.seed = 1, .size = 48, .train = kPictures, .validation = 0, .test = 0}).train;
}

DetectionDatasetOptions options() {
  DetectionDatasetOptions result;
  result.targets = target_options(yolov3_tiny_network(3, yolov3_tiny_anchors(), 64));
  result.batch_size = 4;
  result.shuffle = true;
  result.augment = true;
  result.seed = 9;
  return result;
}

std::string bytes_of(const Batch& batch) {
  std::string bytes;
  for (const auto& [name, tensor] : batch.inputs) bytes.append(static_cast<const char*>(tensor.data()), tensor.bytes());
  return bytes;
}

std::string epoch_bytes(DetectionDataset& dataset, int64_t epoch) {
  std::string bytes;
  dataset.start_epoch(epoch);
  while (const std::optional<Batch> batch = dataset.next()) bytes += bytes_of(*batch);
  return bytes;
}

// Counts the reads; fails at one picture.
class WatchedPictures final : public PictureSource {
 public:
  explicit WatchedPictures(std::shared_ptr<const PictureSource> pictures) : pictures_(std::move(pictures)) {}
  int64_t count() const override { return pictures_->count(); }
  const std::vector<Box>& boxes(int64_t index) const override { return pictures_->boxes(index); }
  std::string name(int64_t index) const override { return pictures_->name(index); }
  PictureSize size(int64_t index) const override { return pictures_->size(index); }
  Picture read(int64_t index) const override {
    ++reads;
    if (index == failing) throw Error(ErrorKind::model, text("\"", name(index), "\" is a damaged picture"));
    return pictures_->read(index);
  }

  mutable std::atomic<int64_t> reads{0};
  std::atomic<int64_t> failing{-1};

 private:
  std::shared_ptr<const PictureSource> pictures_;
};

TEST(DetectionDataset, HasInputsByNameAndAShortLastBatch) {
  DetectionDataset dataset(shapes(), options());
  EXPECT_EQ(dataset.batches(), 3);
  std::vector<int64_t> samples;
  while (const std::optional<Batch> batch = dataset.next()) {
    samples.push_back(batch->samples);
    EXPECT_EQ(batch->inputs.size(), 3u);
    EXPECT_EQ(batch->inputs.at("image").extents(), (Extents{batch->samples, 64, 64, 3}));
    EXPECT_EQ(batch->inputs.at("y_true_0").extents(), (Extents{batch->samples, 2, 2, 3, 8}));
    EXPECT_EQ(batch->inputs.at("y_true_1").extents(), (Extents{batch->samples, 4, 4, 3, 8}));
    for (const float value : batch->inputs.at("image").as<float>()) ASSERT_TRUE(value >= 0 && value <= 1.00001f);
  }
  EXPECT_THAT(samples, ElementsAre(4, 4, 3));
}

TEST(DetectionDataset, IsBitwiseTheSameForAnyNumberOfThreads) {
  DetectionDataset one(shapes(), options());
  const std::string expected = epoch_bytes(one, 3);
  for (const int threads : {2, 4, 7}) {
    DetectionDatasetOptions with_threads = options();
    with_threads.threads = threads;
    DetectionDataset dataset(shapes(), with_threads);
    EXPECT_TRUE(epoch_bytes(dataset, 3) == expected) << threads;
  }
}

TEST(DetectionDataset, IsBitwiseTheSameWithAndWithoutCacheAndAfterOtherEpochs) {
  DetectionDatasetOptions bare = options();
  bare.cache_bytes = 0;
  DetectionDataset with_cache(shapes(), options()), without(shapes(), bare);
  const std::string first = epoch_bytes(with_cache, 0);
  EXPECT_TRUE(epoch_bytes(without, 0) == first);
  EXPECT_FALSE(epoch_bytes(with_cache, 1) == first);
  with_cache.start_epoch(2);
  with_cache.next();  // an epoch that is left before its end
  EXPECT_TRUE(epoch_bytes(with_cache, 0) == first);
}

TEST(DetectionDataset, DependsOnItsSeed) {
  DetectionDatasetOptions other = options();
  other.seed = 10;
  DetectionDataset dataset(shapes(), options()), different(shapes(), other);
  EXPECT_FALSE(epoch_bytes(dataset, 0) == epoch_bytes(different, 0));
}

TEST(DetectionDataset, ShufflesEveryEpochAnewAndShowsEachPictureOnce) {
  DetectionDatasetOptions plain = options();
  plain.augment = false;
  plain.batch_size = 1;
  DetectionDataset shuffled(shapes(), plain);
  plain.shuffle = false;
  DetectionDataset in_order(shapes(), plain);
  const auto pictures = [](DetectionDataset& dataset, int64_t epoch) {
    std::vector<std::string> all;
    dataset.start_epoch(epoch);
    while (const std::optional<Batch> batch = dataset.next()) all.push_back(bytes_of(*batch));
    return all;
  };
  std::vector<std::string> order = pictures(in_order, 0), first = pictures(shuffled, 0), second = pictures(shuffled, 1);
  EXPECT_TRUE(order == pictures(in_order, 1));
  EXPECT_FALSE(first == second);
  EXPECT_FALSE(first == order);
  EXPECT_TRUE(std::set<std::string>(order.begin(), order.end()) == std::set<std::string>(first.begin(), first.end()));
}

// Wherever in a batch it stands, and differently in each epoch.
TEST(DetectionDataset, AugmentsASampleByItselfAndTheEpoch) {
  const auto images = [](int64_t batch_size, int64_t epoch) {
    DetectionDatasetOptions in_order = options();
    in_order.shuffle = false;
    in_order.batch_size = batch_size;
    DetectionDataset dataset(shapes(), in_order);
    std::vector<std::string> all;
    dataset.start_epoch(epoch);
    while (const std::optional<Batch> batch = dataset.next()) {
      for (int64_t i = 0; i < batch->samples; ++i) {
        const HostTensor row = batch->inputs.at("image").rows(i, 1);
        all.emplace_back(static_cast<const char*>(row.data()), row.bytes());
      }
    }
    return all;
  };
  const std::vector<std::string> first = images(4, 0), second = images(4, 1);
  EXPECT_TRUE(first == images(3, 0));
  ASSERT_EQ(first.size(), static_cast<size_t>(kPictures));
  for (size_t i = 0; i < first.size(); ++i) EXPECT_FALSE(first[i] == second[i]) << i;
}

TEST(DetectionDataset, LetterboxesWithoutAugmentation) {
  DetectionDatasetOptions plain = options();
  plain.augment = plain.shuffle = false;
  const auto pictures = shapes();
  DetectionDataset dataset(pictures, plain);
  const Batch batch = *dataset.next();
  std::vector<float> image(64 * 64 * 3);
  place_picture(pictures->read(2), letterboxed(48, 48, 64, 64), 64, 64, image);
  EXPECT_EQ(std::memcmp(image.data(), batch.inputs.at("image").as<float>().data() + 2 * image.size(), image.size() * 4), 0);
  const TargetOptions& targets = plain.targets;
  std::vector<HostTensor> expected = {make_target(targets, targets.scales[0], 1), make_target(targets, targets.scales[1], 1)};
  const std::vector<std::span<float>> rows = {expected[0].as<float>(), expected[1].as<float>()};
  write_targets(boxes_in_input(pictures->boxes(2), 48, 48, letterboxed(48, 48, 64, 64), 64, 64), targets, rows);
  for (size_t s = 0; s < 2; ++s) {
    const HostTensor row = batch.inputs.at(text("y_true_", s)).rows(2, 1);
    EXPECT_EQ(std::memcmp(row.data(), expected[s].data(), row.bytes()), 0);
  }
}

TEST(DetectionDataset, CountsTheTargetsOfAnEpoch) {
  DetectionDatasetOptions plain = options();
  plain.augment = false;
  const auto pictures = shapes();
  DetectionDataset dataset(pictures, plain);
  int64_t boxes = 0;
  for (int64_t i = 0; i < kPictures; ++i) boxes += std::ssize(pictures->boxes(i));
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    epoch_bytes(dataset, epoch);
    EXPECT_EQ(dataset.target_counts().boxes, boxes);
  }
}

TEST(DetectionDataset, ReadsPicturesOnceWhereTheyFitAndNoMoreThanFit) {
  constexpr size_t kBytes = 48 * 48 * 3;
  const auto reads = [](size_t cache_bytes) {
    const auto pictures = std::make_shared<WatchedPictures>(shapes());
    DetectionDatasetOptions with_cache = options();
    with_cache.cache_bytes = cache_bytes;
    DetectionDataset dataset(pictures, with_cache);
    for (int64_t epoch = 0; epoch < 3; ++epoch) epoch_bytes(dataset, epoch);
    return pictures->reads.load();
  };
  EXPECT_EQ(reads(kPictures * kBytes), kPictures);
  EXPECT_EQ(reads(0), 3 * kPictures);
  EXPECT_EQ(reads(5 * kBytes + 1), kPictures + 2 * (kPictures - 5));
}

TEST(DetectionDataset, ThrowsWhatReadingAPictureThrewAndCanStartAnew) {
  for (const int threads : {1, 3}) {
    const auto pictures = std::make_shared<WatchedPictures>(shapes());
    DetectionDatasetOptions in_order = options();
    in_order.shuffle = false;
    in_order.threads = threads;
    DetectionDataset dataset(pictures, in_order);
    pictures->failing = 5;
    dataset.start_epoch(0);
    EXPECT_TRUE(dataset.next());
    expect_error(ErrorKind::model, "\"shapes 5\" is a damaged picture", [&] { dataset.next(); });
    pictures->failing = -1;
    DetectionDataset whole(shapes(), in_order);
    EXPECT_TRUE(epoch_bytes(dataset, 0) == epoch_bytes(whole, 0));
  }
}

TEST(DetectionDataset, HasNoBatchesWithoutPictures) {
  DetectionDataset dataset(make_shapes({.validation = 0}).validation, options());
  EXPECT_EQ(dataset.batches(), 0);
  EXPECT_FALSE(dataset.next());
}

TEST(DetectionDataset, RefusesOptionsAndLabelsThatDoNotFit) {
  const auto refused = [](const std::string& message, DetectionDatasetOptions wrong) {
    expect_error(ErrorKind::usage, message, [&] { DetectionDataset(shapes(), wrong); });
  };
  DetectionDatasetOptions wrong = options();
  wrong.batch_size = 0;
  refused("batch_size is 0, expected 1 or more", wrong);
  wrong = options();
  wrong.threads = 0;
  refused("threads that load: 0, expected 1 to 1024", wrong);
  wrong = options();
  wrong.targets.width = 65;
  refused("targets: the input is 65 x 64 pixels, expected multiples of 32", wrong);
  wrong = options();
  wrong.augment_options.hue = 2;
  refused("augmentation: hue is 2, expected 0 to 0.5", wrong);
  wrong = options();
  wrong.targets.classes = 1;
  EXPECT_THROW(DetectionDataset(shapes(), wrong), Error);
}

}  // namespace
}  // namespace lamina::yolov3

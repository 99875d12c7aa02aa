// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/detection_dataset.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "apps/yolov3/data/random_draws.h"
#include "core/base/check.h"

namespace lamina::yolov3 {
namespace {

std::string target_name(size_t scale) { return text("y_true_", scale); }

// The numbers of one sample.
std::span<float> row_of(HostTensor& tensor, int64_t row) {
  const auto count = static_cast<size_t>(tensor.count() / tensor.extents()[0]);
  return tensor.as<float>().subspan(static_cast<size_t>(row) * count, count);
}

void check_options(const DetectionDatasetOptions& options) {
  check_target_options(options.targets);
  check_augment_options(options.augment_options);
  if (options.batch_size < 1) throw Error(ErrorKind::usage, text("batch_size is ", options.batch_size, ", expected 1 or more"));
  if (options.threads < 1 || options.threads > 1024) {
    throw Error(ErrorKind::usage, text("threads that load: ", options.threads, ", expected 1 to 1024"));
  }
}

}  // namespace

DetectionDataset::DetectionDataset(std::shared_ptr<const PictureSource> pictures, DetectionDatasetOptions options)
    : options_(std::move(options)), cache_(std::move(pictures), options_.cache_bytes) {
  check_options(options_);
  boxes_per_class(cache_.source(), options_.targets.classes);  // throws for a label that is none
}

std::optional<int64_t> DetectionDataset::batches() const { return (samples() + options_.batch_size - 1) / options_.batch_size; }

TargetCounts DetectionDataset::target_counts() const {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

void DetectionDataset::start_epoch(int64_t epoch) {
  loader_.reset();
  epoch_ = epoch;
  order_.resize(static_cast<size_t>(samples()));
  std::iota(order_.begin(), order_.end(), int64_t{0});
  if (options_.shuffle) RandomDraws(options_.seed, DataUse::order, epoch).shuffle(order_);
  counts_ = {};
  BatchWork work;
  work.batches = *batches();
  work.make = [this](int64_t batch) { return make_batch(batch); };
  work.fill = [this](Batch& into, int64_t batch, int64_t row) {
    fill(into, order_[static_cast<size_t>(batch * options_.batch_size + row)], row);
  };
  loader_ = std::make_unique<BatchLoader>(std::move(work), options_.threads);
}

std::optional<Batch> DetectionDataset::next() {
  if (!loader_) start_epoch(0);
  return loader_->next();
}

Batch DetectionDataset::make_batch(int64_t batch) const {
  const TargetOptions& targets = options_.targets;
  Batch made;
  made.samples = std::min(options_.batch_size, samples() - batch * options_.batch_size);
  made.inputs.emplace("image", HostTensor(DType::f32, {made.samples, targets.height, targets.width, 3}));
  for (size_t s = 0; s < targets.scales.size(); ++s) {
    made.inputs.emplace(target_name(s), make_target(targets, targets.scales[s], made.samples));
  }
  return made;
}

void DetectionDataset::fill(Batch& into, int64_t sample, int64_t row) {
  const TargetOptions& targets = options_.targets;
  const std::shared_ptr<const Picture> picture = cache_.read(sample);
  const std::span<float> image = row_of(into.inputs.at("image"), row);
  RandomDraws draws(options_.seed, DataUse::augment, epoch_, sample);
  Augmentation augmentation;
  if (options_.augment) {
    augmentation = draw_augmentation(draws, options_.augment_options, targets.width, targets.height);
  } else {
    augmentation.placement = letterboxed(picture->width, picture->height, targets.width, targets.height);
  }
  const Placement& placement = augmentation.placement;
  place_picture(*picture, placement, targets.width, targets.height, image);
  if (options_.augment) change_color(augmentation.color, image);

  std::vector<Box> boxes =
      boxes_in_input(cache_.source().boxes(sample), picture->width, picture->height, placement, targets.width, targets.height);
  if (options_.augment) draws.shuffle(boxes);
  std::vector<std::span<float>> rows;
  for (size_t s = 0; s < targets.scales.size(); ++s) rows.push_back(row_of(into.inputs.at(target_name(s)), row));
  const TargetCounts counts = write_targets(boxes, targets, rows);
  const std::lock_guard lock(counts_mutex_);
  counts_ += counts;
}

}  // namespace lamina::yolov3

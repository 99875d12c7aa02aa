// SPDX-License-Identifier: Apache-2.0
// Pictures as a network is trained on them: batches of inputs "image" (N, height, width, 3), f32 from 0 to 1, and "y_true_0",
// "y_true_1", ... of targets.h, one for each scale.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "apps/yolov3/data/augment.h"
#include "apps/yolov3/data/batch_loader.h"
#include "apps/yolov3/data/detection_data.h"
#include "apps/yolov3/data/picture_cache.h"
#include "apps/yolov3/data/targets.h"
#include "core/data/batch.h"

namespace lamina::yolov3 {

struct DetectionDatasetOptions {
  TargetOptions targets;
  int64_t batch_size = 8;
  bool shuffle = false;
  bool augment = false;  // else letterboxed
  AugmentOptions augment_options;
  uint64_t seed = 0;
  int threads = 1;                       // that load; they sleep while enough is ready
  size_t cache_bytes = size_t{1} << 30;  // for decoded pictures; 0: none is kept
};

// An epoch is a function of (seed, epoch) alone, whatever the threads and the cache. The last batch may be short. next()
// throws what reading a picture threw, with the picture's name; another epoch can be started then. One caller at a time.
class DetectionDataset final : public Dataset {
 public:
  // Throws ErrorKind::usage for options outside of their range and ErrorKind::model for a label that is no class.
  DetectionDataset(std::shared_ptr<const PictureSource> pictures, DetectionDatasetOptions options);

  void start_epoch(int64_t epoch) override;
  std::optional<Batch> next() override;  // without start_epoch: of epoch 0
  std::optional<int64_t> batches() const override;

  int64_t samples() const { return cache_.source().count(); }

  // Of the batches of this epoch that were loaded until now, those ahead of next() too; after the last batch, of all.
  TargetCounts target_counts() const;

 private:
  Batch make_batch(int64_t batch) const;
  void fill(Batch& into, int64_t sample, int64_t row);

  DetectionDatasetOptions options_;
  PictureCache cache_;
  int64_t epoch_ = 0;
  std::vector<int64_t> order_;
  mutable std::mutex counts_mutex_;
  TargetCounts counts_;
  std::unique_ptr<BatchLoader> loader_;  // last: its threads use the others
};

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Batches for training: pictures (batch, height, width, 3) f32 from 0 to 1 under "image", and the targets of each head under
// "y_true_0", "y_true_1", ... Threads read and draw ahead of the step; what they make does not depend on how many there are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "apps/yolov3/data/augment.h"
#include "apps/yolov3/data/detection_data.h"
#include "apps/yolov3/data/targets.h"
#include "core/data/batch.h"

namespace lamina::yolov3 {

struct DetectionDatasetOptions {
  TargetLayout targets;
  int64_t batch_size = 8;
  bool augmented = true;  // else letterboxed
  bool shuffled = true;
  uint64_t seed = 0;
  int threads = 1;
  size_t cache_bytes = size_t{1} << 30;  // of decoded pictures, kept until they are that many
  AugmentOptions augment = {};
};

std::string target_name(size_t scale);  // "y_true_0"

class DetectionDataset final : public Dataset {
 public:
  DetectionDataset(std::shared_ptr<const PictureSource> pictures, DetectionDatasetOptions options);
  ~DetectionDataset() override;  // waits for the pictures that are being read

  void start_epoch(int64_t epoch) override;
  std::optional<Batch> next() override;  // throws what a thread met, naming the file
  std::optional<int64_t> batches() const override;

 private:
  class Loader;
  std::unique_ptr<Loader> loader_;
};

}  // namespace lamina::yolov3

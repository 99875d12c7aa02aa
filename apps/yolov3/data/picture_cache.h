// SPDX-License-Identifier: Apache-2.0
// The pictures of a source, decoded once as far as memory was given for it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "apps/yolov3/data/detection_data.h"

namespace lamina::yolov3 {

// From any thread. The first pictures that are asked for stay until `limit_bytes` of pixels are reached, the others are read
// each time: an epoch asks for each picture once, and whatever was used last is then needed last.
class PictureCache {
 public:
  PictureCache(std::shared_ptr<const PictureSource> pictures, size_t limit_bytes)
      : pictures_(std::move(pictures)), limit_(limit_bytes), kept_(static_cast<size_t>(pictures_->count())) {}

  const PictureSource& source() const { return *pictures_; }

  std::shared_ptr<const Picture> read(int64_t index) {
    const auto place = static_cast<size_t>(index);
    {
      const std::lock_guard lock(mutex_);
      if (kept_[place]) return kept_[place];
    }
    const auto picture = std::make_shared<const Picture>(pictures_->read(index));
    const std::lock_guard lock(mutex_);
    if (!kept_[place] && picture->rgb.size() <= limit_ - bytes_) {
      kept_[place] = picture;
      bytes_ += picture->rgb.size();
    }
    return picture;
  }

 private:
  std::shared_ptr<const PictureSource> pictures_;
  size_t limit_;
  std::mutex mutex_;                                  // of what follows
  std::vector<std::shared_ptr<const Picture>> kept_;  // by index
  size_t bytes_ = 0;
};

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Random numbers of the data side: a sequence for each (seed, use, epoch, sample), which no thread and no other sample
// can move.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/philox.h"

namespace lamina::yolov3 {

enum class DataUse : uint64_t { split = 1, order = 2, augment = 3, shapes = 4, texture = 5, clusters = 6 };

class RandomDraws {
 public:
  RandomDraws(uint64_t seed, DataUse use, int64_t epoch = 0, int64_t sample = 0)
      : key_{seed, RandomPurpose::data, static_cast<uint32_t>(sample), static_cast<uint32_t>(epoch)},
        place_(static_cast<uint64_t>(use) << 48) {}

  uint32_t word() {
    if (used_ == block_.size()) {
      block_ = key_.draw(place_++);
      used_ = 0;
    }
    return block_[used_++];
  }

  // In [low, high).
  double uniform(double low, double high) { return low + (high - low) * (word() * 0x1p-32); }

  // In [0, count).
  int64_t below(int64_t count) { return static_cast<int64_t>((uint64_t{word()} * static_cast<uint64_t>(count)) >> 32); }

  bool chance(double probability) { return uniform(0, 1) < probability; }

  // Fisher and Yates.
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[static_cast<size_t>(below(static_cast<int64_t>(i)))]);
  }

 private:
  RandomKey key_;
  uint64_t place_;
  PhiloxCounter block_{};
  size_t used_ = 4;
};

}  // namespace lamina::yolov3

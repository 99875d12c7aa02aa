// SPDX-License-Identifier: Apache-2.0
// A dataset of tensors in memory: cut into batches along axis 0, the last one short, shuffled anew each epoch by
// (seed, epoch) alone.
#pragma once

#include <vector>

#include "core/data/batch.h"

namespace lamina {

struct MemoryDatasetOptions {
  int64_t batch_size = 32;
  bool shuffle = false;
  uint64_t seed = 0;
};

class MemoryDataset final : public Dataset {
 public:
  // Throws where the tensors have different numbers of samples ("Data cardinality is ambiguous"), naming each.
  MemoryDataset(Batch all, MemoryDatasetOptions options);

  void start_epoch(int64_t epoch) override;
  std::optional<Batch> next() override;
  std::optional<int64_t> batches() const override;
  int64_t samples() const { return all_.samples; }

 private:
  Batch all_;
  MemoryDatasetOptions options_;
  std::vector<int64_t> order_;
  int64_t position_ = 0;
};

// The rows [first, first + count) of every tensor.
Batch rows_of(const Batch& batch, int64_t first, int64_t count);

// Sets `samples` from the tensors; throws where they differ.
void count_samples(Batch& batch);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/data/memory_dataset.h"

#include <numeric>

#include "core/base/check.h"
#include "core/base/philox.h"

namespace lamina {
namespace {

// "'x' sizes: 3, 2" as Keras lists them.
std::string sizes(const TensorMap& tensors, const char* what) {
  if (tensors.empty()) return "";
  std::vector<int64_t> counts;
  for (const auto& [name, tensor] : tensors) counts.push_back(tensor.extents().rank() ? tensor.extents()[0] : 0);
  return text(" '", what, "' sizes: ", join(counts), ".");
}

template <class Pick>
Batch picked(const Batch& all, int64_t count, Pick pick) {
  Batch batch;
  batch.samples = count;
  for (const auto& [name, tensor] : all.inputs) batch.inputs.emplace(name, pick(tensor));
  for (const auto& [name, tensor] : all.targets) batch.targets.emplace(name, pick(tensor));
  for (const auto& [name, tensor] : all.sample_weights) batch.sample_weights.emplace(name, pick(tensor));
  return batch;
}

}  // namespace

void count_samples(Batch& batch) {
  bool first = true;
  for (const TensorMap* tensors : {&batch.inputs, &batch.targets, &batch.sample_weights}) {
    for (const auto& [name, tensor] : *tensors) {
      LAMINA_CHECK(tensor.extents().rank() > 0, "'", name, "' is a scalar; data has its samples along the first axis");
      const int64_t samples = tensor.extents()[0];
      LAMINA_CHECK(first || samples == batch.samples,
                   "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
                   sizes(batch.inputs, "x"), sizes(batch.targets, "y"), sizes(batch.sample_weights, "sample_weight"));
      batch.samples = samples;
      first = false;
    }
  }
}

Batch rows_of(const Batch& batch, int64_t first, int64_t count) {
  return picked(batch, count, [&](const HostTensor& tensor) { return tensor.rows(first, count); });
}

MemoryDataset::MemoryDataset(Batch all, MemoryDatasetOptions options) : all_(std::move(all)), options_(options) {
  LAMINA_CHECK(options.batch_size > 0, "batch_size must be positive, got ", options.batch_size);
  count_samples(all_);
  order_.resize(static_cast<size_t>(all_.samples));
  start_epoch(0);
}

void MemoryDataset::start_epoch(int64_t epoch) {
  std::iota(order_.begin(), order_.end(), int64_t{0});
  position_ = 0;
  if (!options_.shuffle) return;
  // Fisher and Yates, each draw a function of (seed, epoch, place).
  const RandomKey key{options_.seed, RandomPurpose::shuffle, 0, static_cast<uint32_t>(epoch)};
  for (size_t i = order_.size(); i > 1; --i) {
    const auto other = static_cast<size_t>((static_cast<uint64_t>(key.word(i)) * i) >> 32);
    std::swap(order_[i - 1], order_[other]);
  }
}

std::optional<int64_t> MemoryDataset::batches() const {
  return all_.samples / options_.batch_size + (all_.samples % options_.batch_size != 0 ? 1 : 0);
}

std::optional<Batch> MemoryDataset::next() {
  if (position_ >= all_.samples) return std::nullopt;
  const int64_t count = std::min(options_.batch_size, all_.samples - position_);
  const std::span<const int64_t> indices(order_.data() + position_, static_cast<size_t>(count));
  position_ += count;
  return picked(all_, count, [&](const HostTensor& tensor) { return tensor.gathered_rows(indices); });
}

}  // namespace lamina

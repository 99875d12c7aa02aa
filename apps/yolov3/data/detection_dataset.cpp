// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/detection_dataset.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "core/base/check.h"
#include "core/base/philox.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kAhead = 2;  // batches that are ready or in work beyond the one that is asked for

// Decoded pictures, as many as fit.
class PictureCache {
 public:
  PictureCache(std::shared_ptr<const PictureSource> pictures, size_t bytes) : pictures_(std::move(pictures)), left_(bytes) {}

  std::shared_ptr<const Picture> read(int64_t index) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = known_.find(index); found != known_.end()) return found->second;
    }
    auto picture = std::make_shared<const Picture>(pictures_->read(index));
    const std::lock_guard lock(mutex_);
    if (picture->rgb.size() <= left_ && known_.emplace(index, picture).second) left_ -= picture->rgb.size();
    return picture;
  }

 private:
  std::shared_ptr<const PictureSource> pictures_;
  std::mutex mutex_;
  std::map<int64_t, std::shared_ptr<const Picture>> known_;
  size_t left_;
};

std::vector<int64_t> order_of(int64_t count, bool shuffled, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (!shuffled) return order;
  const RandomKey key{seed, RandomPurpose::data, 0, static_cast<uint32_t>(epoch)};
  for (size_t i = order.size(); i > 1; --i) {
    const auto j = static_cast<size_t>(static_cast<double>(key.uniform(i)) * static_cast<double>(i));
    std::swap(order[i - 1], order[std::min(j, i - 1)]);
  }
  return order;
}

}  // namespace

std::string target_name(size_t scale) { return text("y_true_", scale); }

class DetectionDataset::Loader {
 public:
  Loader(std::shared_ptr<const PictureSource> pictures, DetectionDatasetOptions options)
      : pictures_(std::move(pictures)), options_(std::move(options)), cache_(pictures_, options_.cache_bytes) {
    LAMINA_CHECK(options_.batch_size >= 1 && options_.threads >= 1, "a batch needs a sample and a thread, got ", options_.batch_size, " and ",
                 options_.threads);
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Loader() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int64_t batches() const { return (pictures_->count() + options_.batch_size - 1) / options_.batch_size; }

  void start_epoch(int64_t epoch) {
    const std::lock_guard lock(mutex_);
    ++generation_;  // what is still in work belongs to no epoch
    epoch_ = epoch;
    order_ = order_of(pictures_->count(), options_.shuffled, options_.seed, epoch);
    begun_ = taken_ = 0;
    ready_.clear();
    failure_ = nullptr;
    wake_.notify_all();
  }

  std::optional<Batch> next() {
    std::unique_lock lock(mutex_);
    if (taken_ == batches() || order_.empty()) return std::nullopt;
    done_.wait(lock, [&] { return failure_ || ready_.contains(taken_); });
    if (!ready_.contains(taken_)) std::rethrow_exception(failure_);
    Batch batch = std::move(ready_.extract(taken_).mapped());
    ++taken_;
    wake_.notify_all();
    return batch;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return ended_ || has_work(); });
      if (ended_) return;
      const int64_t index = begun_++, generation = generation_, epoch = epoch_;
      const auto first = order_.begin() + index * options_.batch_size;
      const std::vector<int64_t> samples(first, first + std::min<int64_t>(options_.batch_size, order_.end() - first));
      lock.unlock();
      std::optional<Batch> batch;
      std::exception_ptr failure;
      try {
        batch = make_batch(samples, epoch);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (generation != generation_) continue;
      if (failure) {
        failure_ = failure;
      } else {
        ready_.emplace(index, std::move(*batch));
      }
      done_.notify_all();
    }
  }

  bool has_work() const { return !failure_ && !order_.empty() && begun_ < batches() && begun_ <= taken_ + kAhead; }

  Batch make_batch(const std::vector<int64_t>& samples, int64_t epoch) {
    const TargetLayout& layout = options_.targets;
    const auto count = static_cast<int64_t>(samples.size());
    HostTensor images(DType::f32, {count, layout.height, layout.width, 3});
    std::vector<HostTensor> targets;
    for (size_t scale = 0; scale < layout.scales.size(); ++scale) targets.emplace_back(DType::f32, layout.extents(scale, count));
    const size_t pixels = static_cast<size_t>(layout.height * layout.width) * 3;
    for (int64_t row = 0; row < count; ++row) {
      const int64_t sample = samples[static_cast<size_t>(row)];
      const std::shared_ptr<const Picture> picture = cache_.read(sample);
      View view{letterboxed(*picture, layout.width, layout.height)};
      if (options_.augmented) view = draw_view(options_.augment, layout.width, layout.height, options_.seed, epoch, sample);
      render_view(*picture, view, layout.width, layout.height, images.as<float>().subspan(static_cast<size_t>(row) * pixels, pixels));
      write_targets(layout, boxes_on_canvas(pictures_->boxes(sample), *picture, view.placement, layout.width, layout.height), row, targets);
    }
    Batch batch;
    batch.samples = count;
    batch.inputs.emplace("image", std::move(images));
    for (size_t scale = 0; scale < targets.size(); ++scale) batch.inputs.emplace(target_name(scale), std::move(targets[scale]));
    return batch;
  }

  std::shared_ptr<const PictureSource> pictures_;
  DetectionDatasetOptions options_;
  PictureCache cache_;

  std::mutex mutex_;  // of all below
  std::condition_variable wake_, done_;
  std::vector<int64_t> order_;
  std::map<int64_t, Batch> ready_;
  std::exception_ptr failure_;
  int64_t generation_ = 0, epoch_ = 0, begun_ = 0, taken_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;  // last: they use all the others
};

DetectionDataset::DetectionDataset(std::shared_ptr<const PictureSource> pictures, DetectionDatasetOptions options)
    : loader_(std::make_unique<Loader>(std::move(pictures), std::move(options))) {}
DetectionDataset::~DetectionDataset() = default;
void DetectionDataset::start_epoch(int64_t epoch) { loader_->start_epoch(epoch); }
std::optional<Batch> DetectionDataset::next() { return loader_->next(); }
std::optional<int64_t> DetectionDataset::batches() const { return loader_->batches(); }

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// A small training run as the executor drives a cuda device: a plain step, a capture, then replays with new inputs. The
// "step" moves bytes where a real one computes, so that what comes out is known.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/cuda/cuda_device.h"

namespace lamina::testing {

// A pattern of prime length: no piece of a copy looks like another.
inline std::vector<uint8_t> bytes_of_batch(size_t bytes, int batch) {
  std::vector<uint8_t> values(bytes);
  uint8_t pattern[251];
  for (size_t i = 0; i < sizeof(pattern); ++i)
    pattern[i] = static_cast<uint8_t>(i * 31 + static_cast<size_t>(batch) * 7);
  for (size_t i = 0; i < bytes; i += sizeof(pattern)) {
    std::memcpy(values.data() + i, pattern, std::min(sizeof(pattern), bytes - i));
  }
  return values;
}

struct TrainingStep {
  static constexpr size_t kImages = (size_t{1} << 20) + 5;  // large enough for the copy stream

  explicit TrainingStep(std::shared_ptr<Device> on)
      : device(std::move(on)),
        images(device->allocate(kImages, "images")),
        activations(device->allocate(kImages, "activations")),
        rate(device->allocate(sizeof(float), "learning rate")),
        loss(device->allocate(sizeof(float), "loss")),
        gradients(device->allocate(1000, "gradients")) {}

  void run() const {
    device->fill_zero(gradients.data(), gradients.bytes());
    device->copy(activations.data(), images.data(), kImages);
    device->copy(loss.data(), rate.data(), sizeof(float));
  }

  std::shared_ptr<Device> device;
  Buffer images, activations, rate, loss, gradients;
};

// Three batches after the first; returns whether each step's results were its own batch's. The next batch goes up
// before the loss of the one before is waited for.
inline bool train(const std::shared_ptr<Device>& device) {
  const TrainingStep step(device);
  const auto upload = [&](int batch) {
    const float rate = 0.5F * static_cast<float>(batch + 1);
    device->upload(step.images.data(), bytes_of_batch(TrainingStep::kImages, batch).data(), TrainingStep::kImages);
    device->upload(step.rate.data(), &rate, sizeof(rate));
  };
  upload(0);
  step.run();
  const std::unique_ptr<CapturedWork> captured = device->capture([&] { step.run(); });
  bool right = true;
  for (int batch = 1; batch <= 3; ++batch) {
    captured->replay();
    std::vector<uint8_t> activations(TrainingStep::kImages);
    upload(batch);
    float loss = 0;
    device->download(&loss, step.loss.data(), sizeof(loss));
    device->download(activations.data(), step.activations.data(), activations.size());
    right = right && loss == 0.5F * static_cast<float>(batch) &&
            activations == bytes_of_batch(TrainingStep::kImages, batch - 1);
  }
  device->synchronize();
  return right;
}

}  // namespace lamina::testing

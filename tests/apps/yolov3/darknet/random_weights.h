// SPDX-License-Identifier: Apache-2.0
// Seeded weights of a darknet network, and when two sets are equal.
#pragma once

#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include "apps/yolov3/darknet/weights.h"
#include "core/base/philox.h"

namespace lamina::testing {

// Kernels of the size that keeps activations in range, variances near 1.
inline std::vector<yolov3::ConvolutionWeights> random_weights(std::span<const yolov3::DarknetConvolutionShape> shapes,
                                                              uint64_t seed) {
  std::vector<yolov3::ConvolutionWeights> all;
  uint32_t stream = 0;
  const auto uniform = [&](const Extents& extents, float least, float most) {
    const RandomKey random{.seed = seed, .purpose = RandomPurpose::test, .stream = stream++};
    HostTensor tensor(DType::f32, extents);
    uint64_t index = 0;
    for (float& value : tensor.as<float>()) value = least + (most - least) * random.uniform(index++);
    return tensor;
  };
  for (const yolov3::DarknetConvolutionShape& shape : shapes) {
    yolov3::ConvolutionWeights weights;
    const float scale = 1 / std::sqrt(static_cast<float>(shape.size * shape.size * shape.channels));
    const Extents vector{shape.filters};
    weights.kernel = uniform({shape.size, shape.size, shape.channels, shape.filters}, -2 * scale, 2 * scale);
    if (shape.batch_normalize) {
      weights.batch_normalization = {uniform(vector, 0.5f, 1.5f), uniform(vector, -0.5f, 0.5f), uniform(vector, -0.5f, 0.5f),
                                     uniform(vector, 0.5f, 1.5f)};
    } else {
      weights.bias = uniform(vector, -1, 1);
    }
    all.push_back(std::move(weights));
  }
  return all;
}

inline bool equal(const HostTensor& a, const HostTensor& b) {
  return a.dtype() == b.dtype() && a.extents() == b.extents() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

inline bool equal(const yolov3::ConvolutionWeights& a, const yolov3::ConvolutionWeights& b) {
  if (!equal(a.kernel, b.kernel) || a.bias.has_value() != b.bias.has_value()) return false;
  if (a.bias) return equal(*a.bias, *b.bias);
  const auto &x = *a.batch_normalization, &y = *b.batch_normalization;
  return equal(x.gamma, y.gamma) && equal(x.beta, y.beta) && equal(x.moving_mean, y.moving_mean) &&
         equal(x.moving_variance, y.moving_variance);
}

inline bool equal(std::span<const yolov3::ConvolutionWeights> a, std::span<const yolov3::ConvolutionWeights> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace lamina::testing

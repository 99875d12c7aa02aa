// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/weights.h"
#include "core/base/check.h"
#include "core/io/atomic_file.h"

namespace lamina::yolov3 {
namespace {

template <class Number>
void put(ByteSink& sink, Number number) {
  sink.write(&number, sizeof(number));
}

void put_vector(ByteSink& sink, const HostTensor& tensor) { sink.write(tensor.data(), tensor.bytes()); }

// From (size, size, channels, filters) to (filters, channels, size, size).
void put_kernel(ByteSink& sink, const HostTensor& kernel) {
  const Extents& extents = kernel.extents();
  const int64_t window = extents[0] * extents[1], channels = extents[2], filters = extents[3];
  const std::span<const float> from = kernel.as<float>();
  std::vector<float> filter_values(static_cast<size_t>(channels * window));
  for (int64_t filter = 0; filter < filters; ++filter) {
    size_t written = 0;
    for (int64_t channel = 0; channel < channels; ++channel) {
      for (int64_t pixel = 0; pixel < window; ++pixel) {
        filter_values[written++] = from[static_cast<size_t>((pixel * channels + channel) * filters + filter)];
      }
    }
    sink.write(filter_values.data(), filter_values.size() * sizeof(float));
  }
}

// All that can be wrong, before the first byte.
void check(const ConvolutionWeights& weights, size_t index) {
  const Extents& kernel = weights.kernel.extents();
  const auto fits = [&](const HostTensor& tensor) {
    return tensor.dtype() == DType::f32 && tensor.extents() == Extents{kernel[3]};
  };
  LAMINA_CHECK(weights.kernel.dtype() == DType::f32 && kernel.rank() == 4 && kernel[0] == kernel[1] && kernel.count() > 0,
               "[darknet weights] convolution ", index, ": the kernel is ", weights.kernel.dtype(), " ", kernel,
               "; wanted f32 (size, size, channels, filters)");
  LAMINA_CHECK(weights.bias.has_value() != weights.batch_normalization.has_value(), "[darknet weights] convolution ", index,
               ": wanted either a bias or a batch normalization");
  const bool vectors_fit = weights.bias ? fits(*weights.bias)
                                        : fits(weights.batch_normalization->gamma) && fits(weights.batch_normalization->beta) &&
                                              fits(weights.batch_normalization->moving_mean) &&
                                              fits(weights.batch_normalization->moving_variance);
  LAMINA_CHECK(vectors_fit, "[darknet weights] convolution ", index, ": bias, gamma, beta, mean and variance are each f32 (",
               kernel[3], ",)");
}

void put_convolution(ByteSink& sink, const ConvolutionWeights& weights) {
  if (const auto& norm = weights.batch_normalization) {
    for (const HostTensor* tensor : {&norm->beta, &norm->gamma, &norm->moving_mean, &norm->moving_variance})
      put_vector(sink, *tensor);
  } else {
    put_vector(sink, *weights.bias);
  }
  put_kernel(sink, weights.kernel);
}

}  // namespace

void write_weights(const std::filesystem::path& path, std::span<const ConvolutionWeights> convolutions, uint64_t seen,
                   FileOps& files) {
  for (size_t i = 0; i < convolutions.size(); ++i) check(convolutions[i], i);
  const auto write = [&](ByteSink& sink) {
    for (const int32_t part : {0, 2, 0}) put(sink, part);
    put(sink, seen);
    for (const ConvolutionWeights& weights : convolutions) put_convolution(sink, weights);
  };
  write_file_atomically(path, write, files);
}

}  // namespace lamina::yolov3

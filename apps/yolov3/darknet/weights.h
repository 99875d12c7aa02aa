// SPDX-License-Identifier: Apache-2.0
// Darknet's .weights: a header, then the floats of every convolution in the order of the network, nothing between them and
// no names, so that only the network tells what they are.
//
//   header        int32 major, minor, revision; pictures seen as uint32, from version 0.2 on as uint64; little-endian
//   convolution   bias or beta (filters); where batch-normalised gamma, mean, variance (filters each);
//                 kernel (filters, channels, size, size)
//
// Darknet normalises by sqrt(variance) + 0.000001. A BatchNormalization with epsilon e divides by sqrt(variance + e): use a
// small e for darknet's outputs; 0.001, Keras' default, gives those of keras-yolo3. The two differ by a factor of about
// 1 + e / (2 variance), which matters in channels of small variance only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/yolov3/darknet/network.h"
#include "core/io/file_ops.h"
#include "core/tensor/host_tensor.h"

namespace lamina::yolov3 {

struct DarknetWeights {
  int32_t major = 0;
  int32_t minor = 2;
  int32_t revision = 0;
  uint64_t seen = 0;          // pictures trained on
  std::vector<float> values;  // of all convolutions; may hold anything
  std::string source;         // the file's name, for messages
};

struct BatchNormalizationWeights {
  HostTensor gamma, beta, moving_mean, moving_variance;  // (filters,) f32
};

// In the layouts of our layers, f32.
struct ConvolutionWeights {
  HostTensor kernel;               // (size, size, channels, filters)
  std::optional<HostTensor> bias;  // (filters,); either this or batch_normalization
  std::optional<BatchNormalizationWeights> batch_normalization;
};

struct DarknetLoadOptions {
  bool partial = false;                    // the file may end early, at the edge of a convolution (darknet53.conv.74)
  std::optional<size_t> max_convolutions;  // take so many and leave the rest of the file unread
};

struct DarknetLoad {
  std::vector<ConvolutionWeights> convolutions;  // the first ones of the network
  size_t left = 0;                               // convolutions of the network that got none
  int64_t values_left = 0;                       // floats of the file that nobody took (max_convolutions)
  std::string report() const;                    // "52 of 75 convolutions taken, 23 left; ..."
};

// Throws ErrorKind::model for a header cut short, of a version that no darknet wrote, or a size that is no whole number of
// floats; ErrorKind::io as read_file does.
DarknetWeights read_weights(const std::filesystem::path& path);
DarknetWeights parse_weights(std::span<const std::byte> file, const std::string& source);

// What the convolutions of a network (DarknetNetwork::convolutions) take from a file. Throws ErrorKind::model, with the bytes
// wanted and found, where the file has too few or, without max_convolutions, too many; and, naming the convolution, for a
// value that is not finite or a variance below 0.
DarknetLoad take_convolutions(const DarknetWeights& weights, std::span<const DarknetConvolutionShape> shapes,
                              const DarknetLoadOptions& options = {});

// Replaces `path` atomically by a file of version 0.2.0. Throws ErrorKind::model for tensors of wrong type or shape.
void write_weights(const std::filesystem::path& path, std::span<const ConvolutionWeights> convolutions, uint64_t seen,
                   FileOps& files = FileOps::system());

}  // namespace lamina::yolov3

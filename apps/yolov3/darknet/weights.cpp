// SPDX-License-Identifier: Apache-2.0
// The reader of .weights; write_weights.cpp writes them.
#include "apps/yolov3/darknet/weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/base/check.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina::yolov3 {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr size_t kVersionBytes = 3 * sizeof(int32_t);
constexpr int32_t kMaxVersion = 999;  // above it, files of 2014 held matrices transposed

std::string where(const std::string& source) { return text("[darknet weights] file ", in_quotes(source), ": "); }

template <class Number>
Number number_at(std::span<const std::byte> file, size_t at, const std::string& source) {
  LAMINA_CHECK(file.size() >= at + sizeof(Number), where(source), "the header ends after ", file.size(), " bytes, wanted ",
               at + sizeof(Number));
  Number number;
  std::memcpy(&number, file.data() + at, sizeof(Number));
  return number;
}

std::string describe(const DarknetConvolutionShape& shape) {
  return text(shape.filters, " filters of ", shape.size, " x ", shape.size, " x ", shape.channels,
              shape.batch_normalize ? ", batch-normalised" : "");
}

int64_t values_of(const DarknetConvolutionShape& shape) {
  constexpr const char* kWhat = "weights of a convolution";
  LAMINA_CHECK(shape.filters > 0 && shape.channels > 0 && shape.size > 0, kWhat, ": there are none of ", describe(shape));
  const int64_t window = checked_multiply(checked_multiply(shape.size, shape.size, kWhat), shape.channels, kWhat);
  const int64_t values = checked_multiply(shape.filters, window + (shape.batch_normalize ? 4 : 1), kWhat);
  return checked_multiply(values, sizeof(float), kWhat) / static_cast<int64_t>(sizeof(float));
}

// The floats of one convolution, taken from the front.
class Taker {
 public:
  Taker(std::span<const float> values, std::string place) : values_(values), place_(std::move(place)) {}

  HostTensor vector(int64_t count, const char* what) {
    const std::span<const float> taken = take(count, what);
    return HostTensor::of<float>(Extents{count}, taken);
  }

  // From (filters, channels, size, size) to (size, size, channels, filters).
  HostTensor kernel(const DarknetConvolutionShape& shape) {
    const int64_t window = shape.size * shape.size;
    const std::span<const float> from = take(shape.filters * shape.channels * window, "kernel");
    HostTensor kernel(DType::f32, {shape.size, shape.size, shape.channels, shape.filters});
    const std::span<float> to = kernel.as<float>();
    size_t read = 0;
    for (int64_t filter = 0; filter < shape.filters; ++filter) {
      for (int64_t channel = 0; channel < shape.channels; ++channel) {
        for (int64_t pixel = 0; pixel < window; ++pixel) {
          to[static_cast<size_t>((pixel * shape.channels + channel) * shape.filters + filter)] = from[read++];
        }
      }
    }
    return kernel;
  }

  HostTensor variance(int64_t count) {
    HostTensor found = vector(count, "variance");
    for (const float value : found.as<float>()) {
      LAMINA_CHECK(value >= 0, place_, "the variance holds ", value, "; is the file of another network?");
    }
    return found;
  }

 private:
  std::span<const float> take(int64_t count, const char* what) {
    const std::span<const float> taken = values_.first(static_cast<size_t>(count));
    values_ = values_.subspan(taken.size());
    for (const float value : taken) LAMINA_CHECK(std::isfinite(value), place_, "the ", what, " holds ", value);
    return taken;
  }

  std::span<const float> values_;
  std::string place_;
};

ConvolutionWeights take_one(Taker taker, const DarknetConvolutionShape& shape) {
  ConvolutionWeights weights;
  HostTensor bias = taker.vector(shape.filters, shape.batch_normalize ? "beta" : "bias");
  if (shape.batch_normalize) {
    BatchNormalizationWeights& norm = weights.batch_normalization.emplace();
    norm.beta = std::move(bias);
    norm.gamma = taker.vector(shape.filters, "gamma");
    norm.moving_mean = taker.vector(shape.filters, "mean");
    norm.moving_variance = taker.variance(shape.filters);
  } else {
    weights.bias = std::move(bias);
  }
  weights.kernel = taker.kernel(shape);
  return weights;
}

int64_t bytes_of(int64_t values) { return values * static_cast<int64_t>(sizeof(float)); }

// The numbers of each convolution that the file holds, proven before any of them is read.
std::vector<int64_t> sizes_in_file(const DarknetWeights& weights, std::span<const DarknetConvolutionShape> shapes,
                                   const DarknetLoadOptions& options, const std::string& place) {
  const size_t most = std::min(shapes.size(), options.max_convolutions.value_or(shapes.size()));
  const auto found = static_cast<int64_t>(weights.values.size());
  int64_t taken = 0;
  std::vector<int64_t> sizes;
  while (sizes.size() < most && !(options.partial && taken == found)) {
    const DarknetConvolutionShape& shape = shapes[sizes.size()];
    const int64_t wanted = values_of(shape);
    LAMINA_CHECK(wanted <= found - taken, place, "convolution ", sizes.size(), " of ", shapes.size(), " (", describe(shape),
                 ") wants ", bytes_of(wanted), " bytes, found ", bytes_of(found - taken), " of ", bytes_of(found),
                 "; the file is cut, or of another network");
    taken += wanted;
    sizes.push_back(wanted);
  }
  LAMINA_CHECK(taken == found || options.max_convolutions, place, "the ", shapes.size(), " convolutions want ", bytes_of(taken),
               " bytes, found ", bytes_of(found), "; the file is of another network");
  return sizes;
}

}  // namespace

DarknetWeights parse_weights(std::span<const std::byte> file, const std::string& source) {
  DarknetWeights weights{.source = source};
  weights.major = number_at<int32_t>(file, 0, source);
  weights.minor = number_at<int32_t>(file, 4, source);
  weights.revision = number_at<int32_t>(file, 8, source);
  const auto known = [](int32_t part) { return part >= 0 && part <= kMaxVersion; };
  LAMINA_CHECK(known(weights.major) && known(weights.minor), where(source), "version ", weights.major, ".", weights.minor,
               " is none of darknet's (0.1 or 0.2); is it a .weights file?");
  const bool wide = weights.major * 10 + weights.minor >= 2;
  weights.seen = wide ? number_at<uint64_t>(file, kVersionBytes, source) : number_at<uint32_t>(file, kVersionBytes, source);
  const std::span<const std::byte> body = file.subspan(kVersionBytes + (wide ? sizeof(uint64_t) : sizeof(uint32_t)));
  LAMINA_CHECK(body.size() % sizeof(float) == 0, where(source), body.size(),
               " bytes behind the header are no whole number of floats; ", "the file is cut or damaged");
  weights.values.resize(body.size() / sizeof(float));
  if (!body.empty()) std::memcpy(weights.values.data(), body.data(), body.size());
  return weights;
}

DarknetWeights read_weights(const std::filesystem::path& path) { return parse_weights(read_file(path), path.native()); }

DarknetLoad take_convolutions(const DarknetWeights& weights, std::span<const DarknetConvolutionShape> shapes,
                              const DarknetLoadOptions& options) {
  const std::string place = where(weights.source);
  const std::vector<int64_t> sizes = sizes_in_file(weights, shapes, options, place);
  std::span<const float> rest = weights.values;
  DarknetLoad load;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::span<const float> mine = rest.first(static_cast<size_t>(sizes[i]));
    load.convolutions.push_back(take_one(Taker(mine, text(place, "convolution ", i, ": ")), shapes[i]));
    rest = rest.subspan(mine.size());
  }
  load.left = shapes.size() - sizes.size();
  load.values_left = static_cast<int64_t>(rest.size());
  return load;
}

std::string DarknetLoad::report() const {
  const size_t all = convolutions.size() + left;
  return text(convolutions.size(), " of ", all, " convolutions taken, ", left, " left as they were",
              values_left > 0 ? text("; ", values_left, " numbers of the file unread") : "");
}

}  // namespace lamina::yolov3

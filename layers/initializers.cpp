// SPDX-License-Identifier: Apache-2.0
#include "layers/initializers.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/check.h"
#include "core/base/philox.h"
#include "layers/orthonormal.h"

namespace lamina {
namespace {

// The standard deviation of a unit normal that is cut at two of them.
constexpr double kCutNormalDeviation = 0.87962566103423978;

HostTensor filled(const Extents& extents, double value) {
  HostTensor tensor(DType::f32, extents);
  std::ranges::fill(tensor.as<float>(), static_cast<float>(value));
  return tensor;
}

// Four elements per draw: `of_block(words, i)` is element i of the block.
template <class OfBlock>
HostTensor drawn(const Extents& extents, uint64_t seed, const OfBlock& of_block) {
  const RandomKey key{.seed = seed, .purpose = RandomPurpose::initializer};
  HostTensor tensor(DType::f32, extents);
  const std::span<float> values = tensor.as<float>();
  for (size_t block = 0; block * 4 < values.size(); ++block) {
    const PhiloxCounter words = key.draw(block);
    const size_t in_block = std::min<size_t>(4, values.size() - block * 4);
    for (size_t i = 0; i < in_block; ++i) values[block * 4 + i] = static_cast<float>(of_block(words, i, block));
  }
  return tensor;
}

HostTensor uniform(const Extents& extents, uint64_t seed, double low, double high) {
  return drawn(extents, seed, [=](const PhiloxCounter& words, size_t i, size_t) {
    return low + (high - low) * static_cast<double>(RandomKey::uniform_of(words[i]));
  });
}

// Box and Muller 1958: two words give two independent unit normals, of which the even and odd elements take one each.
double unit_normal(const PhiloxCounter& words, size_t i) {
  const double u = (static_cast<double>(words[i & 2]) + 0.5) * 0x1p-32;  // never 0, of which there is no logarithm
  const double angle = 2 * std::numbers::pi * static_cast<double>(words[(i & 2) + 1]) * 0x1p-32;
  return std::sqrt(-2 * std::log(u)) * ((i & 1) == 0 ? std::cos(angle) : std::sin(angle));
}

HostTensor normal(const Extents& extents, uint64_t seed, double mean, double deviation) {
  return drawn(extents, seed,
               [=](const PhiloxCounter& words, size_t i, size_t) { return mean + deviation * unit_normal(words, i); });
}

// An element beyond two deviations is drawn again by itself, from the block of the same index of the next step.
HostTensor cut_normal(const Extents& extents, uint64_t seed, double mean, double deviation) {
  return drawn(extents, seed, [=](const PhiloxCounter& words, size_t i, size_t block) {
    double value = unit_normal(words, i);
    for (uint32_t attempt = 1; std::abs(value) > 2; ++attempt) {
      const RandomKey again{.seed = seed, .purpose = RandomPurpose::initializer, .step = attempt};
      value = unit_normal(again.draw(block), i);
    }
    return mean + deviation * value;
  });
}

struct Fans {
  double in = 1;
  double out = 1;
  double average() const { return (in + out) / 2; }
};

Fans fans_of(const Extents& extents) {
  const int rank = extents.rank();
  if (rank == 0) return {};
  if (rank == 1) return {static_cast<double>(extents[0]), static_cast<double>(extents[0])};
  double field = 1;  // the window of a convolution
  for (int axis = 0; axis < rank - 2; ++axis) field *= static_cast<double>(extents[axis]);
  return {field * static_cast<double>(extents[rank - 2]), field * static_cast<double>(extents[rank - 1])};
}

enum class Fan { in, average };
enum class Draw { uniform, normal };

// Elements of variance scale / fan.
Initializer scaled(std::string name, double scale, Fan fan, Draw draw) {
  return {std::move(name), [=](const Extents& extents, uint64_t seed) {
            const Fans fans = fans_of(extents);
            const double variance = scale / std::max(1.0, fan == Fan::in ? fans.in : fans.average());
            const double limit = std::sqrt(3 * variance);
            if (draw == Draw::uniform) return uniform(extents, seed, -limit, limit);
            return cut_normal(extents, seed, 0, std::sqrt(variance) / kCutNormalDeviation);
          }};
}

HostTensor orthogonal_tensor(const Extents& extents, uint64_t seed, double gain) {
  LAMINA_CHECK(extents.rank() >= 2, "[orthogonal] a weight of two axes or more is needed, got ", extents);
  const int64_t columns = extents[extents.rank() - 1];
  LAMINA_CHECK(columns > 0, "[orthogonal] a weight of shape ", extents, " has no elements");
  const int64_t rows = extents.count() / columns;
  const int64_t longer = std::max(rows, columns), shorter = std::min(rows, columns);

  const HostTensor random = normal({longer, shorter}, seed, 0, 1);
  std::vector<double> q(random.as<float>().begin(), random.as<float>().end());
  make_orthonormal_columns(q, longer, shorter);

  HostTensor tensor(DType::f32, extents);
  const std::span<float> values = tensor.as<float>();
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const int64_t at = rows < columns ? column * shorter + row : row * shorter + column;
      values[static_cast<size_t>(row * columns + column)] = static_cast<float>(gain * q[static_cast<size_t>(at)]);
    }
  }
  return tensor;
}

HostTensor identity_tensor(const Extents& extents, double gain) {
  LAMINA_CHECK(extents.rank() == 2, "[identity] a weight of two axes is needed, got ", extents);
  HostTensor tensor(DType::f32, extents);
  for (int64_t i = 0; i < std::min(extents[0], extents[1]); ++i) {
    tensor.as<float>()[static_cast<size_t>(i * extents[1] + i)] = static_cast<float>(gain);
  }
  return tensor;
}

}  // namespace

Initializer zeros() {
  return {"zeros", [](const Extents& extents, uint64_t) { return HostTensor(DType::f32, extents); }};
}
Initializer ones() {
  return {"ones", [](const Extents& extents, uint64_t) { return filled(extents, 1); }};
}
Initializer constant_initializer(double value) {
  return {"constant", [value](const Extents& extents, uint64_t) { return filled(extents, value); }};
}
Initializer random_uniform(double low, double high) {
  LAMINA_CHECK(low <= high, "[random_uniform] the low bound ", low, " is above the high bound ", high);
  return {"random_uniform", [=](const Extents& extents, uint64_t seed) { return uniform(extents, seed, low, high); }};
}
Initializer random_normal(double mean, double deviation) {
  return {"random_normal",
          [=](const Extents& extents, uint64_t seed) { return normal(extents, seed, mean, deviation); }};
}
Initializer truncated_normal(double mean, double deviation) {
  return {"truncated_normal",
          [=](const Extents& extents, uint64_t seed) { return cut_normal(extents, seed, mean, deviation); }};
}

Initializer glorot_uniform() { return scaled("glorot_uniform", 1, Fan::average, Draw::uniform); }
Initializer glorot_normal() { return scaled("glorot_normal", 1, Fan::average, Draw::normal); }
Initializer he_uniform() { return scaled("he_uniform", 2, Fan::in, Draw::uniform); }
Initializer he_normal() { return scaled("he_normal", 2, Fan::in, Draw::normal); }
Initializer lecun_uniform() { return scaled("lecun_uniform", 1, Fan::in, Draw::uniform); }
Initializer lecun_normal() { return scaled("lecun_normal", 1, Fan::in, Draw::normal); }

Initializer orthogonal(double gain) {
  return {"orthogonal",
          [gain](const Extents& extents, uint64_t seed) { return orthogonal_tensor(extents, seed, gain); }};
}
Initializer identity_initializer(double gain) {
  return {"identity", [gain](const Extents& extents, uint64_t) { return identity_tensor(extents, gain); }};
}

Initializer initializer_from_name(const std::string& name) {
  const std::vector<Initializer> known = {
      zeros(),          ones(),          random_uniform(),      random_normal(), truncated_normal(),
      glorot_uniform(), glorot_normal(), he_uniform(),          he_normal(),     lecun_uniform(),
      lecun_normal(),   orthogonal(),    identity_initializer()};
  std::vector<std::string> names;
  for (const Initializer& initializer : known) {
    if (initializer.name == name) return initializer;
    names.push_back(initializer.name);
  }
  throw Error(ErrorKind::model, text("Could not interpret initializer identifier: ", name, did_you_mean(name, names)));
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Philox 4x32-10: a counter-based random generator (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A number is a pure function of (seed, purpose, step, index), so that it does not depend on
// threads, devices, ranks or on whether a run was resumed. constexpr, so that kernels use the same text.
#pragma once

#include <array>
#include <cstdint>

namespace lamina {

// What a random number is for: each purpose is a stream of its own, so that adding one draw never moves another.
enum class RandomPurpose : uint32_t { initializer = 1, shuffle = 2, dropout = 3, test = 4, data = 5 };

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

constexpr PhiloxCounter philox(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

// Who draws: `stream` tells apart the users of one purpose (a layer, a parameter), `step` the training step or epoch.
struct RandomKey {
  uint64_t seed = 0;
  RandomPurpose purpose = RandomPurpose::test;
  uint32_t stream = 0;
  uint32_t step = 0;

  // Four words for block `index`; element i of a tensor uses word i % 4 of block i / 4.
  constexpr PhiloxCounter draw(uint64_t index) const {
    return philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32) ^ (static_cast<uint32_t>(purpose) << 24),
                   stream, step},
                  {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  }
  constexpr uint32_t word(uint64_t element) const { return draw(element / 4)[element % 4]; }

  // Uniform in [0, 1) with 24 bits.
  constexpr float uniform(uint64_t element) const { return uniform_of(word(element)); }
  static constexpr float uniform_of(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }
};

}  // namespace lamina

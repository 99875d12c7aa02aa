// SPDX-License-Identifier: Apache-2.0
// Indices and extents of a launch, as the device language has them.
#pragma once

#include <cstdint>

namespace lamina::simt {

struct uint3 {
  unsigned x, y, z;
  friend constexpr bool operator==(const uint3& a, const uint3& b) { return a.x == b.x && a.y == b.y && a.z == b.z; }
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}  // NOLINT: implicit, as in CUDA
  constexpr uint64_t count() const { return uint64_t{x} * y * z; }
};

}  // namespace lamina::simt

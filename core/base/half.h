// SPDX-License-Identifier: Apache-2.0
// The two 16-bit floating point formats as storage types. Plain bits with constexpr conversions (round to nearest,
// ties to even), so that the host, the simulator and nvcc (relaxed constexpr) share one definition.
#pragma once

#include <bit>
#include <cstdint>

namespace lamina {

struct bf16 {
  uint16_t bits;
};

struct f16 {
  uint16_t bits;
};

constexpr float to_float(bf16 value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16); }

constexpr bf16 to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return bf16{static_cast<uint16_t>((bits >> 16) | 0x40u)};  // quiet NaN
  return bf16{static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

constexpr float to_float(f16 value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16;
  const uint32_t exponent = (value.bits >> 10) & 0x1fu;
  const uint32_t mantissa = value.bits & 0x3ffu;
  if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;  // subnormal or zero: exact
  return sign ? -magnitude : magnitude;
}

constexpr f16 to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return f16{static_cast<uint16_t>(sign | 0x7e00u)};   // NaN
  if (magnitude >= 0x477ff000u) return f16{static_cast<uint16_t>(sign | 0x7c00u)};  // rounds to infinity
  if (magnitude >= 0x38800000u) {                                                   // normal
    const uint32_t rebased = magnitude - 0x38000000u;
    return f16{static_cast<uint16_t>(sign | ((rebased + 0xfffu + ((rebased >> 13) & 1u)) >> 13))};
  }
  if (magnitude < 0x33000000u) return f16{static_cast<uint16_t>(sign)};  // below half of the least subnormal
  const uint32_t shift = 126u - (magnitude >> 23);                      // 14..24
  const uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
  const uint32_t half_way = 1u << (shift - 1);
  const uint32_t odd = (mantissa >> shift) & 1u;
  return f16{static_cast<uint16_t>(sign | ((mantissa + half_way - 1u + odd) >> shift))};
}

}  // namespace lamina

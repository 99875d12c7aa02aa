// SPDX-License-Identifier: Apache-2.0
// Element types. f64 is for the reference and the tests, on cpu only; bf16 and f16 are storage types, computed in f32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

#include "core/base/half.h"

namespace lamina {

enum class DType : uint8_t { f32, bf16, f16, i32, u8, boolean, f64 };

constexpr size_t size_of(DType type) {
  switch (type) {
    case DType::f32:
    case DType::i32: return 4;
    case DType::bf16:
    case DType::f16: return 2;
    case DType::u8:
    case DType::boolean: return 1;
    case DType::f64: return 8;
  }
  return 0;
}

constexpr bool is_floating(DType type) {
  return type == DType::f32 || type == DType::bf16 || type == DType::f16 || type == DType::f64;
}

std::string_view name_of(DType type);                    // "f32", "bf16", ..., "bool"
DType dtype_from_name(std::string_view name);            // throws, listing the names
std::ostream& operator<<(std::ostream& out, DType type);

template <class T>
inline constexpr DType kDTypeOf = DType::f32;
template <>
inline constexpr DType kDTypeOf<bf16> = DType::bf16;
template <>
inline constexpr DType kDTypeOf<f16> = DType::f16;
template <>
inline constexpr DType kDTypeOf<int32_t> = DType::i32;
template <>
inline constexpr DType kDTypeOf<uint8_t> = DType::u8;
template <>
inline constexpr DType kDTypeOf<bool> = DType::boolean;
template <>
inline constexpr DType kDTypeOf<double> = DType::f64;

// Calls fn(T{}) with the C++ type that stores `type`.
template <class Fn>
decltype(auto) with_type(DType type, Fn&& fn) {
  switch (type) {
    case DType::bf16: return fn(bf16{});
    case DType::f16: return fn(f16{});
    case DType::i32: return fn(int32_t{});
    case DType::u8: return fn(uint8_t{});
    case DType::boolean: return fn(bool{});
    case DType::f64: return fn(double{});
    case DType::f32: break;
  }
  return fn(float{});
}

// Element conversion through the widest type that both sides can hold exactly; float to integer truncates.
template <class To, class From>
constexpr To convert(From value) {
  if constexpr (std::is_same_v<From, bf16> || std::is_same_v<From, f16>) {
    return convert<To>(to_float(value));
  } else if constexpr (std::is_same_v<To, bf16>) {
    return to_bf16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, f16>) {
    return to_f16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace lamina

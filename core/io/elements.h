// SPDX-License-Identifier: Apache-2.0
// The elements of an array in a file: how many bytes a shape takes, and bytes to tensor. Shared by the formats, so
// that each check on untrusted sizes and values stands once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/io/limits.h"
#include "core/tensor/host_tensor.h"

namespace lamina {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian and are copied as they are");

// An element type as files name it. i64 exists in files only: it becomes i32 if every value fits.
struct FileType {
  DType dtype = DType::f32;
  bool is_i64 = false;

  int64_t bytes() const { return is_i64 ? 8 : static_cast<int64_t>(size_of(dtype)); }
};

// Bytes of an array of `dims`, row-major and without gaps. Throws, starting with `where`, for a rank or dimension
// beyond the limits and where the product does not fit 63 bits.
int64_t checked_bytes(const std::vector<int64_t>& dims, int64_t element_bytes, const std::string& where,
                      const Limits& limits);

// The tensor of `dims` whose row-major little-endian elements are `bytes`, which must be checked_bytes() long.
// Throws, naming the element, for an i64 outside the range of i32 and for a bool that is neither 0 nor 1.
HostTensor decode_elements(FileType type, const std::vector<int64_t>& dims, std::span<const std::byte> bytes,
                           const std::string& where);

// The T at byte `at` of `bytes`; the caller has proven that it is there.
template <class T>
T load(std::span<const std::byte> bytes, size_t at) {
  LAMINA_ASSERT(at <= bytes.size() && sizeof(T) <= bytes.size() - at, "read at ", at, " of ", bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// "(2, 3)", for shapes that have not been checked yet and may be longer than a tensor's can be.
std::string shape_text(const std::vector<int64_t>& dims);

}  // namespace lamina

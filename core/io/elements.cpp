// SPDX-License-Identifier: Apache-2.0
#include "core/io/elements.h"

#include <algorithm>
#include <limits>
#include <new>

namespace lamina {
namespace {

void decode_i64(std::span<const std::byte> bytes, std::span<int32_t> to, const std::string& where) {
  using Range = std::numeric_limits<int32_t>;
  for (size_t i = 0; i < to.size(); ++i) {
    const auto value = load<int64_t>(bytes, 8 * i);
    LAMINA_CHECK(value >= Range::min() && value <= Range::max(), where, ": element ", i, " is ", value,
                 ", outside of the range of i32 (", Range::min(), " to ", Range::max(),
                 "); lamina has no 64-bit integers: store the array as a float type");
    to[i] = static_cast<int32_t>(value);
  }
}

void check_bools(std::span<const std::byte> bytes, const std::string& where) {
  const auto wrong = std::find_if(bytes.begin(), bytes.end(), [](std::byte value) { return value > std::byte{1}; });
  LAMINA_CHECK(wrong == bytes.end(), where, ": element ", wrong - bytes.begin(), " is the byte ",
               std::to_integer<int>(*wrong), ", a bool is 0 or 1");
}

HostTensor allocate(DType dtype, const std::vector<int64_t>& dims, size_t file_bytes, const std::string& where) {
  try {
    return HostTensor(dtype, Extents(dims));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::device, text(where, ": not enough memory for its ", file_bytes, " bytes"));
  }
}

}  // namespace

int64_t checked_bytes(const std::vector<int64_t>& dims, int64_t element_bytes, const std::string& where,
                      const Limits& limits) {
  const auto max_rank = static_cast<size_t>(std::min(limits.rank, kMaxRank));
  LAMINA_CHECK(dims.size() <= max_rank, where, ": shape has ", dims.size(), " axes, at most ", max_rank,
               " are allowed");
  int64_t bytes = element_bytes;
  for (const int64_t dim : dims) {
    LAMINA_CHECK(dim >= 0 && dim <= limits.dimension, where, ": shape ", shape_text(dims), " has the dimension ", dim,
                 ", allowed are 0 to ", limits.dimension);
    LAMINA_CHECK(!__builtin_mul_overflow(bytes, dim, &bytes), where, ": shape ", shape_text(dims), " of ",
                 element_bytes, "-byte elements takes more than 2^63 bytes");
  }
  return bytes;
}

HostTensor decode_elements(FileType type, const std::vector<int64_t>& dims, std::span<const std::byte> bytes,
                           const std::string& where) {
  HostTensor tensor = allocate(type.dtype, dims, bytes.size(), where);
  LAMINA_ASSERT(static_cast<size_t>(tensor.count() * type.bytes()) == bytes.size(), where);
  if (type.is_i64) {
    decode_i64(bytes, tensor.as<int32_t>(), where);
    return tensor;
  }
  if (type.dtype == DType::boolean) check_bools(bytes, where);
  if (!bytes.empty()) std::memcpy(tensor.data(), bytes.data(), bytes.size());
  return tensor;
}

std::string shape_text(const std::vector<int64_t>& dims) {
  constexpr size_t kShown = 16;
  const std::vector<int64_t> first(dims.begin(), dims.begin() + static_cast<int64_t>(std::min(dims.size(), kShown)));
  return text("(", join(first), dims.size() > kShown ? ", ..." : dims.size() == 1 ? "," : "", ")");
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/io/npy.h"

#include <algorithm>

#include "core/io/atomic_file.h"
#include "core/io/npy_header.h"
#include "core/io/read_file.h"
#include "core/io/untrusted_text.h"

namespace lamina {
namespace {

void swap_bytes_of_elements(std::vector<std::byte>& bytes, size_t element_bytes) {
  for (size_t at = 0; at < bytes.size(); at += element_bytes) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + element_bytes));
  }
}

// From the first axis fastest to the last axis fastest. Walks the result in order; the place in `from` is kept by
// adding strides, like an odometer.
std::vector<std::byte> to_row_major(std::span<const std::byte> from, const std::vector<int64_t>& shape,
                                    size_t element_bytes) {
  std::vector<size_t> strides(shape.size());
  size_t stride = element_bytes;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    strides[axis] = stride;
    stride *= static_cast<size_t>(shape[axis]);
  }
  std::vector<std::byte> to(from.size());
  std::vector<int64_t> index(shape.size(), 0);
  size_t source = 0;
  for (size_t at = 0; at < to.size(); at += element_bytes) {
    std::memcpy(to.data() + at, from.data() + source, element_bytes);
    for (size_t axis = shape.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * static_cast<size_t>(shape[axis]);
      index[axis] = 0;
    }
  }
  return to;
}

}  // namespace

HostTensor read_npy(std::span<const std::byte> bytes, const std::string& source, const Limits& limits) {
  const std::string where = text("[npy] file ", in_quotes(source));
  const NpyHeader header = read_npy_header(bytes, where, limits);
  const auto elements = bytes.subspan(header.data_at);
  const int64_t wanted = checked_bytes(header.shape, header.type.bytes(), where, limits);
  LAMINA_CHECK(static_cast<uint64_t>(wanted) == elements.size(), where, ": shape ", shape_text(header.shape), " of ",
               header.type.bytes(), "-byte elements takes ", wanted, " bytes, the file has ", elements.size(),
               " after the header; it is truncated or holds more than one array");
  if (!header.big_endian && !header.fortran_order) return decode_elements(header.type, header.shape, elements, where);
  const auto element_bytes = static_cast<size_t>(header.type.bytes());
  std::vector<std::byte> converted = header.fortran_order ? to_row_major(elements, header.shape, element_bytes)
                                                          : std::vector<std::byte>(elements.begin(), elements.end());
  if (header.big_endian) swap_bytes_of_elements(converted, element_bytes);
  return decode_elements(header.type, header.shape, converted, where);
}

HostTensor read_npy(const std::filesystem::path& path, const Limits& limits) {
  return read_npy(read_file(path, limits), path.native(), limits);
}

void write_npy(ByteSink& sink, const HostTensor& tensor) {
  sink.write(npy_prefix(tensor, "[npy]"));
  sink.write(tensor.data(), tensor.bytes());
}

void write_npy(const std::filesystem::path& path, const HostTensor& tensor) {
  write_file_atomically(path, [&](ByteSink& sink) { write_npy(sink, tensor); });
}

}  // namespace lamina

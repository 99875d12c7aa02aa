// SPDX-License-Identifier: Apache-2.0
// The header of an npy file: a Python dict literal of exactly three keys. Internal to core/io.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/io/elements.h"
#include "core/io/limits.h"

namespace lamina {

struct NpyHeader {
  FileType type;
  bool big_endian = false;
  bool fortran_order = false;  // the first axis runs fastest
  std::vector<int64_t> shape;
  size_t data_at = 0;  // where the elements begin in the file
};

// Throws unless magic, version, length and dict are right; the bytes after the header are not looked at. `where` names
// the file.
NpyHeader read_npy_header(std::span<const std::byte> file, const std::string& where, const Limits& limits);

// All bytes of a version 1.0 file that go before the elements of `tensor`, a multiple of 64.
std::string npy_prefix(const HostTensor& tensor, const std::string& where);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// npy (NEP 1, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1.0, 2.0 and 3.0: one
// array, a header written as a Python dict, then the elements. What numpy.save writes is read and the other way round.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/io/byte_sink.h"
#include "core/io/limits.h"
#include "core/tensor/host_tensor.h"

namespace lamina {

// f2 f4 f8 i4 u1 b1 as they are, i8 as i32 if every value fits. Big-endian elements are swapped and Fortran order is
// transposed to row-major, so that element [i, j] is the same as in numpy. Throws ErrorKind::io if the file cannot be
// read and ErrorKind::model if it is damaged or holds another type (object arrays are pickled code and never read).
HostTensor read_npy(const std::filesystem::path& path, const Limits& limits = {});
HostTensor read_npy(std::span<const std::byte> bytes, const std::string& source, const Limits& limits = {});

// Version 1.0, row-major, little-endian; replaces `path` atomically. Throws ErrorKind::model for bf16, which numpy
// does not know.
void write_npy(const std::filesystem::path& path, const HostTensor& tensor);
void write_npy(ByteSink& sink, const HostTensor& tensor);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Reads a whole regular file into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "core/io/file_ops.h"
#include "core/io/limits.h"

namespace lamina {

// Throws ErrorKind::io if the file is missing (naming the nearest name in that folder), is a folder, a pipe or a
// device, may not be read, exceeds limits.file_bytes, or changes its size while it is read; ErrorKind::device if
// there is not enough memory for it.
std::vector<std::byte> read_file(const std::filesystem::path& path, const Limits& limits = {},
                                 FileOps& files = FileOps::system());

}  // namespace lamina

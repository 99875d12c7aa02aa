// SPDX-License-Identifier: Apache-2.0
// npz: a zip archive of npy files, as numpy.savez and savez_compressed write it. Array "w" is the member "w.npy".
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/io/byte_sink.h"
#include "core/io/limits.h"
#include "core/io/named_tensors.h"
#include "core/io/zip_writer.h"

namespace lamina {

// Arrays in the order of the archive, types as for read_npy. Sizes, names, CRC-32 and expansion are checked
// (zip_reader.h); a name such as "../x" is only a name. Throws ErrorKind::io if the file cannot be read and
// ErrorKind::model if it is damaged.
NamedTensors read_npz(const std::filesystem::path& path, const Limits& limits = {});
NamedTensors read_npz(std::span<const std::byte> bytes, const std::string& source, const Limits& limits = {});

// Replaces `path` atomically. Throws ErrorKind::model for metadata (npz has no place for it), bf16, a name that
// stands twice, and 4 GiB or more.
void write_npz(const std::filesystem::path& path, const NamedTensors& tensors, ZipPacking packing = ZipPacking::stored);
void write_npz(ByteSink& sink, const NamedTensors& tensors, ZipPacking packing = ZipPacking::stored);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// safetensors (https://huggingface.co/docs/safetensors, format of version 0.4): 8 bytes of header length, a JSON header
// that gives dtype, shape and place of each tensor, then the elements. A file is taken whole or refused: every byte
// belongs to exactly one tensor, and nothing is allocated before its size is proven against the bytes present.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/io/byte_sink.h"
#include "core/io/limits.h"
#include "core/io/named_tensors.h"

namespace lamina {

// Tensors in the order of the header. F32 BF16 F16 F64 I32 U8 BOOL as they are; I64 becomes i32 if every value fits.
// Throws ErrorKind::io if the file cannot be read and ErrorKind::model if it is damaged, naming file, tensor, field,
// the value found and the value wanted. Elements may be NaN or infinite: whether they may is for the caller to say.
NamedTensors read_safetensors(const std::filesystem::path& path, const Limits& limits = {});

// The same from memory; `source` stands for the file's name in messages.
NamedTensors read_safetensors(std::span<const std::byte> bytes, const std::string& source, const Limits& limits = {});

// Replaces `path` atomically (atomic_file.h). The header keeps the order of the tensors; their elements are laid out by
// falling element size, so that each lies aligned for readers that map the file. Equal tensors give equal bytes.
// Throws ErrorKind::model for a name that stands twice, is "__metadata__" or is not UTF-8, and for what a reader with
// `limits` would refuse.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Limits& limits = {});
void write_safetensors(ByteSink& sink, const NamedTensors& tensors, const Limits& limits = {});

}  // namespace lamina

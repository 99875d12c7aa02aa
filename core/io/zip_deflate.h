// SPDX-License-Identifier: Apache-2.0
// Packs the bytes of a zip member; zip_extract.cpp unpacks them. Internal to core/io.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/io/byte_sink.h"

namespace lamina::zip {

// Writes `parts`, one after another, to `sink` as one raw deflate stream. Throws ErrorKind::device where zlib gets no
// memory, and what the sink throws.
void deflate_parts(const std::vector<std::span<const std::byte>>& parts, ByteSink& sink);

}  // namespace lamina::zip

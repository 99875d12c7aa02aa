// SPDX-License-Identifier: Apache-2.0
// How much a file may ask of us. Every reader takes a Limits; the defaults fit real weights and data sets and stop a
// crafted file long before it costs memory or time. Raise one in code where a trusted file really is larger.
#pragma once

#include <cstdint>

#include "core/base/extents.h"

namespace lamina {

struct Limits {
  int rank = kMaxRank;                                // axes of one array; never above kMaxRank
  int64_t dimension = (int64_t{1} << 31) - 1;         // of one axis
  int64_t file_bytes = int64_t{64} << 30;             // of a file that is read whole
  int64_t header_bytes = 100'000'000;                 // of a safetensors or npy header
  int json_depth = 64;                                // nested objects and lists
  int64_t tensors = 1'000'000;                        // arrays in one file
  int64_t name_bytes = 4096;                          // of one array's name
  int64_t free_expansion_bytes = int64_t{256} << 20;  // an archive may always unpack to this many bytes,
  int64_t expansion = 100;                            // and beyond them to this many times its own size
};

}  // namespace lamina

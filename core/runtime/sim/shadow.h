// SPDX-License-Identifier: Apache-2.0
// Who touched a byte last: one cache line for each 4-byte word, holding the last writer and two readers of different
// warps. A word that is ever touched in parts is split into four such records, so the state is per byte in effect.
// Records carry the generation they belong to (a launch, or a block for shared memory); older ones count as none.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/runtime/sim/address_space.h"

namespace lamina::simt {

// A place in the code in 32 bits: an offset of code, or an index of interned source locations.
using SiteId = uint32_t;

struct Access {
  SiteId site = 0;  // 0: no access
  uint32_t block = 0;
  uint32_t barriers = 0;  // barriers of the block that the thread had passed
  uint32_t thread : 10 = 0;
  uint32_t atomic : 1 = 0;
  uint32_t lane_epoch : 21 = 0;  // warp barriers and fences that the thread had passed

  bool present() const { return site != 0; }
  bool same_thread(const Access& other) const { return block == other.block && thread == other.thread; }
};
static_assert(sizeof(Access) == 16);

struct Record {
  Access writer;
  Access readers[2];
};

struct alignas(64) WordShadow {
  Record record;
  uint64_t generation = 0;
  SiteId pending_site = 0;  // the asynchronous copy that has not landed
  uint8_t initialised = 0;  // a bit per byte; shared memory only, global memory has state bytes
  uint8_t pending = 0;      // a bit per byte
  bool split = false;
};
static_assert(sizeof(WordShadow) == 64);

// The shadow of one stretch of memory.
class ShadowRegion {
 public:
  ShadowRegion() = default;
  ShadowRegion(uintptr_t base, size_t bytes);

  bool contains(uintptr_t address) const { return address - base_ < bytes_; }
  uintptr_t base() const { return base_; }

  // The word that holds the byte at `offset`, emptied if it is of another generation.
  WordShadow& word(size_t offset, uint64_t generation) {
    WordShadow& word = static_cast<WordShadow*>(words_.get())[offset / 4];
    if (word.generation != generation) {
      word = WordShadow{};
      word.generation = generation;
    }
    return word;
  }
  Record& byte(size_t offset) { return static_cast<Record*>(bytes_shadow_.get())[offset]; }
  void split(WordShadow& word, size_t offset);

 private:
  uintptr_t base_ = 0;  // a multiple of 4
  size_t bytes_ = 0;
  AddressSpace words_;         // a WordShadow for each word
  AddressSpace bytes_shadow_;  // a Record for each byte
};

}  // namespace lamina::simt

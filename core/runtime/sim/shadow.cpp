// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/shadow.h"

#include <sys/mman.h>

#include <utility>

namespace lamina::simt {

ShadowRegion::ShadowRegion(uintptr_t base, size_t bytes) : base_(base & ~uintptr_t{3}), bytes_(bytes + (base & 3)) {
  const size_t words = bytes_ / 4 + 1;
  words_ = static_cast<WordShadow*>(reserve_address_space(words * sizeof(WordShadow)));
  bytes_shadow_ = static_cast<Record*>(reserve_address_space(words * 4 * sizeof(Record)));
}

ShadowRegion::~ShadowRegion() {
  const size_t words = bytes_ / 4 + 1;
  if (words_) munmap(words_, words * sizeof(WordShadow));
  if (bytes_shadow_) munmap(bytes_shadow_, words * 4 * sizeof(Record));
}

void ShadowRegion::swap(ShadowRegion& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  std::swap(words_, other.words_);
  std::swap(bytes_shadow_, other.bytes_shadow_);
}

void ShadowRegion::split(WordShadow& word, size_t offset) {
  word.split = true;
  const size_t first = offset & ~size_t{3};
  for (size_t byte = first; byte < first + 4; ++byte) bytes_shadow_[byte] = word.record;
}

}  // namespace lamina::simt

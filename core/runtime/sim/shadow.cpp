// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/shadow.h"

namespace lamina::simt {

ShadowRegion::ShadowRegion(uintptr_t base, size_t bytes) : base_(base & ~uintptr_t{3}), bytes_(bytes + (base & 3)) {
  const size_t words = bytes_ / 4 + 1;
  words_ = reserve_address_space(words * sizeof(WordShadow));
  bytes_shadow_ = reserve_address_space(words * 4 * sizeof(Record));
}

void ShadowRegion::split(WordShadow& word, size_t offset) {
  word.split = true;
  const size_t first = offset & ~size_t{3};
  for (size_t byte_at = first; byte_at < first + 4; ++byte_at) byte(byte_at) = word.record;
}

}  // namespace lamina::simt

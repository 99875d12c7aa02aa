// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/async_copy.h"

#include <cstddef>
#include <cstring>

namespace lamina::simt {

void AsyncCopies::issue(AsyncCopy copy) {
  std::memset(copy.to, 0xff, static_cast<size_t>(copy.bytes));  // NaN in every float format until it lands
  copy.group = commits_;
  under_way_.push_back(copy);
}

void AsyncCopies::land(const AsyncCopy& copy) {
  std::memcpy(copy.to, copy.from, static_cast<size_t>(copy.valid));
  std::memset(copy.to + copy.valid, 0, static_cast<size_t>(copy.bytes - copy.valid));
}

}  // namespace lamina::simt

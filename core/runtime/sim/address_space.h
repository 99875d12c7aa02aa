// SPDX-License-Identifier: Apache-2.0
// The layout of this process, as far as the checker must know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace lamina::simt {

struct GiveBackPages {
  size_t bytes = 0;
  void operator()(void* pages) const noexcept;
};
using AddressSpace = std::unique_ptr<void, GiveBackPages>;

// Zero pages that cost memory only once they are touched. Throws ErrorKind::device where there is no room.
AddressSpace reserve_address_space(size_t bytes);

struct AddressRange {
  uintptr_t begin = 0;
  size_t bytes = 0;
  bool contains(uintptr_t address) const { return address - begin < bytes; }
};

// The thread-local variables of the calling OS thread: where its copy of each __shared__ array lies.
AddressRange static_shared_of_this_thread();

// Read-only data of the program: __constant__ tables, constexpr arrays, strings.
bool is_constant_data(uintptr_t address);

}  // namespace lamina::simt

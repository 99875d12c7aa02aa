// SPDX-License-Identifier: Apache-2.0
// Fibers for the threads of a block: one switch (a few ns, Boost.Context) and a pool of stacks that outlives launches.
// Everything about a switch that a sanitizer must know stands in switch_fiber and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/runtime/sim/address_space.h"

namespace lamina::simt {

struct FiberContext {
  void* handle = nullptr;        // where to jump to, while it is suspended
  void* stack_bottom = nullptr;  // for the address sanitizer only
  size_t stack_bytes = 0;
  void* fake_stack = nullptr;
  void (*entry)() = nullptr;  // what a fresh fiber runs; never returns
};

// Suspends `from` and goes on with `to`; returns when somebody switches back. With `last`, `from` never comes back.
void switch_fiber(FiberContext& from, FiberContext& to, bool last = false);

// The stacks of one OS thread, in one stretch of address space, touched only as far as they were used.
class StackPool {
 public:
  static constexpr size_t kStackBytes = 128 * 1024;
  static constexpr size_t kSlackBytes = 16 * 1024;  // the far end, below the mark
  static constexpr int kStacks = 1024;              // threads of the largest block

  StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  int acquire();
  void release(int stack) { free_.push_back(stack); }
  void release_all();  // takes no memory: there is room in the list for all of them

  // A context that starts with entry() on this stack.
  FiberContext make_context(int stack, void (*entry)());

  // The stack that holds the address, or -1.
  int stack_of(uintptr_t address) const {
    const uintptr_t offset = address - reinterpret_cast<uintptr_t>(base_);
    return offset < kStacks * kStackBytes ? static_cast<int>(offset / kStackBytes) : -1;
  }

  // A mark at the far end of the stack, and whether it was written over. Not set unless asked: it touches a page more.
  void set_mark(int stack);
  bool mark_is_lost(int stack) const;

 private:
  uint64_t* mark(int stack) const;

  AddressSpace memory_ = reserve_address_space(kStacks * kStackBytes);
  std::byte* base_ = static_cast<std::byte*>(memory_.get());
  std::vector<int> free_;
};

}  // namespace lamina::simt

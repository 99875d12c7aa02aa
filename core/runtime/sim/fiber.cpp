// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/fiber.h"

#include <algorithm>
#include <boost/context/detail/fcontext.hpp>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace lamina::simt {
namespace {

namespace context = boost::context::detail;

constexpr uint64_t kMark = 0x5afe57ac5afe57acu;
constexpr size_t kMarkWords = 8;

// What a fiber finds when it runs: who jumped here, so that its place can be kept.
struct Jump {
  FiberContext* from;
  FiberContext* to;
};

void arrive(context::transfer_t transfer, [[maybe_unused]] void* fake_stack) {
  const Jump jump = *static_cast<Jump*>(transfer.data);
#ifdef __SANITIZE_ADDRESS__
  const void* bottom = nullptr;
  size_t bytes = 0;
  __sanitizer_finish_switch_fiber(fake_stack, &bottom, &bytes);
  jump.from->stack_bottom = const_cast<void*>(bottom);
  jump.from->stack_bytes = bytes;
#endif
  jump.from->handle = transfer.fctx;
}

void run_fiber(context::transfer_t transfer) {
  void (*const entry)() = static_cast<Jump*>(transfer.data)->to->entry;
  arrive(transfer, nullptr);
  entry();
}

}  // namespace

void switch_fiber(FiberContext& from, FiberContext& to, [[maybe_unused]] bool last) {
  Jump jump{&from, &to};
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(last ? nullptr : &from.fake_stack, to.stack_bottom, to.stack_bytes);
#endif
  arrive(context::jump_fcontext(to.handle, &jump), from.fake_stack);
}

StackPool::StackPool() {
  free_.reserve(kStacks);
  release_all();
}

void StackPool::release_all() {
  free_.clear();
  for (int stack = kStacks - 1; stack >= 0; --stack) free_.push_back(stack);
}

int StackPool::acquire() {
  const int stack = free_.back();
  free_.pop_back();
  return stack;
}

FiberContext StackPool::make_context(int stack, void (*entry)()) {
  std::byte* bottom = base_ + static_cast<size_t>(stack) * kStackBytes;
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(bottom, kStackBytes);
#endif
  // Tops at different distances from the page start: equal ones would put all fibers into the same few cache sets.
  const size_t colour = static_cast<size_t>(stack % 16) * 256;
  return {context::make_fcontext(bottom + kStackBytes - colour, kStackBytes - colour, run_fiber), bottom,
          kStackBytes - colour, nullptr, entry};
}

uint64_t* StackPool::mark(int stack) const {
  return reinterpret_cast<uint64_t*>(base_ + static_cast<size_t>(stack) * kStackBytes + kSlackBytes);
}

void StackPool::set_mark(int stack) { std::fill_n(mark(stack), kMarkWords, kMark); }

bool StackPool::mark_is_lost(int stack) const {
  const uint64_t* words = mark(stack);
  return std::any_of(words, words + kMarkWords, [](uint64_t word) { return word != kMark; });
}

}  // namespace lamina::simt

// SPDX-License-Identifier: Apache-2.0
// Offsets in one arena by lifetimes: larger slots first, each at the lowest gap that is free for all of its life
// (greedy by size; Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/compile/passes.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment; }

bool live_together(const Slot& a, const Slot& b) { return a.first_step <= b.last_step && b.first_step <= a.last_step; }

}  // namespace

void plan_memory(Plan& plan) {
  std::vector<Slot*> waiting;
  for (Slot& slot : plan.slots) {
    if (slot.kind == Slot::Kind::arena) waiting.push_back(&slot);
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const Slot* a, const Slot* b) { return a->bytes > b->bytes; });

  plan.arena_bytes = plan.unshared_bytes = 0;
  std::vector<const Slot*> placed;  // by offset
  for (Slot* slot : waiting) {
    const size_t wanted = aligned(slot->bytes);
    size_t candidate = 0;
    for (const Slot* other : placed) {
      if (!live_together(*slot, *other)) continue;
      if (candidate + wanted <= other->offset) break;
      candidate = std::max(candidate, other->offset + aligned(other->bytes));
    }
    slot->offset = candidate;
    placed.insert(std::upper_bound(placed.begin(), placed.end(), slot,
                                   [](const Slot* a, const Slot* b) { return a->offset < b->offset; }),
                  slot);
    plan.arena_bytes = std::max(plan.arena_bytes, candidate + wanted);
    plan.unshared_bytes += wanted;
  }
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/base/philox.h"
#include "core/compile/passes.h"

namespace lamina {
namespace {

// Every pair, straight from the definition: two slots that are both needed at some step share no byte.
void expect_no_overlap(const Plan& plan) {
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    for (size_t j = i + 1; j < plan.slots.size(); ++j) {
      const Slot &a = plan.slots[i], &b = plan.slots[j];
      bool together = false;
      for (int step = a.first_step; step <= a.last_step; ++step) together = together || (step >= b.first_step && step <= b.last_step);
      const bool share = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      EXPECT_FALSE(together && share) << i << " and " << j;
    }
  }
}

Plan random_plan(uint32_t stream, int slots) {
  Plan plan;
  const RandomKey key{1, RandomPurpose::test, stream, 0};
  for (int i = 0; i < slots; ++i) {
    const auto word = [&](int which) { return key.word(static_cast<uint64_t>(i * 3 + which)); };
    Slot slot;
    slot.bytes = word(0) % 5000;
    slot.first_step = static_cast<int>(word(1) % 50);
    slot.last_step = slot.first_step + static_cast<int>(word(2) % 12);
    plan.slots.push_back(slot);
  }
  return plan;
}

TEST(PlanMemory, SlotsThatLiveTogetherNeverOverlap) {
  for (uint32_t stream = 0; stream < 40; ++stream) {
    Plan plan = random_plan(stream, 120);
    plan_memory(plan);
    expect_no_overlap(plan);
    for (const Slot& slot : plan.slots) {
      EXPECT_EQ(slot.offset % 256, 0u);
      EXPECT_LE(slot.offset + slot.bytes, plan.arena_bytes);
    }
    EXPECT_LT(plan.arena_bytes, plan.unshared_bytes);
  }
}

TEST(PlanMemory, AChainNeedsTwoSlotsAtATime) {
  Plan plan;
  for (int i = 0; i < 10; ++i) {
    Slot slot;
    slot.bytes = 1024;
    slot.first_step = i;
    slot.last_step = i + 1;
    plan.slots.push_back(slot);
  }
  plan_memory(plan);
  EXPECT_EQ(plan.arena_bytes, 2048u);
  EXPECT_EQ(plan.unshared_bytes, 10240u);
}

TEST(PlanMemory, LeavesSlotsOutsideTheArenaAlone) {
  Plan plan;
  Slot input;
  input.kind = Slot::Kind::input;
  input.bytes = 4096;
  plan.slots = {input};
  plan_memory(plan);
  EXPECT_EQ(plan.arena_bytes, 0u);
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Which earlier accesses are ordered before the running thread's next one. Barriers of the block are a counter; warp
// barriers are vector clocks of 32 lanes; flags between blocks carry what their writer knew at its last fence.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/runtime/sim/shadow.h"

namespace lamina::simt {

using LaneClock = std::array<uint32_t, 32>;  // for each lane of a warp, its last epoch that is over and known

// What one warp of one block had done when it was last heard of: all of its block before `barriers`, and of this warp
// the lanes' epochs.
struct WarpNews {
  uint32_t barriers = 0;
  LaneClock lanes{};
};
using Knowledge = std::map<std::pair<uint32_t, uint32_t>, WarpNews>;  // by (block, warp)

// Flags of a launch, and what has been published through each.
class PublishedFlags {
 public:
  void clear() { flags_.clear(); }
  void publish(const void* flag, const Knowledge& news);
  const Knowledge* find(const void* flag) const;

 private:
  std::unordered_map<const void*, Knowledge> flags_;
};

// The threads of the running block.
class BlockOrder {
 public:
  void begin(uint32_t block, int threads);

  Access make_access(int thread, SiteId site, bool atomic) const {
    Access access;
    access.site = site;
    access.block = block_;
    access.barriers = barriers_;
    access.thread = static_cast<uint32_t>(thread) & 1023u;
    access.atomic = atomic;
    access.lane_epoch = epochs_[static_cast<size_t>(thread)] & 0x1fffffu;
    return access;
  }

  bool ordered(const Access& earlier, const Access& now) const {
    if (earlier.block == now.block) {
      if (earlier.thread == now.thread || earlier.barriers < now.barriers) return true;
      if (earlier.thread / 32 == now.thread / 32 && earlier.lane_epoch <= clocks_[now.thread][earlier.thread % 32])
        return true;
    }
    return any_knowledge_ && known_by_flag(earlier, now.thread);
  }

  void pass_block_barrier();
  void pass_warp_barrier(int warp, unsigned lanes);
  void fence(int thread);
  void publish(int thread, const void* flag, PublishedFlags& flags) const;
  void acquire(int thread, const void* flag, const PublishedFlags& flags);

 private:
  bool known_by_flag(const Access& earlier, uint32_t thread) const;

  uint32_t block_ = 0;
  uint32_t barriers_ = 0;
  int threads_ = 0;
  std::vector<uint32_t> epochs_;
  std::vector<LaneClock> clocks_;
  bool any_knowledge_ = false;
  bool any_fence_ = false;
  std::vector<std::shared_ptr<const Knowledge>> knowledge_;  // learnt through flags
  std::vector<std::shared_ptr<const Knowledge>> fenced_;     // what the thread's next atomic publishes
};

}  // namespace lamina::simt

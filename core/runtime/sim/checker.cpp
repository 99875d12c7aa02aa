// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/checker.h"

#include "core/runtime/sim/block_runner.h"

namespace lamina::simt {
namespace {

constexpr SiteId kInterned = 0x80000000u;  // else an offset of code
constexpr int64_t kOffsetBias = int64_t{1} << 30;

uintptr_t anchor() { return reinterpret_cast<uintptr_t>(&Checker::next_generation); }

ShadowRegion& global_shadow() {
  static ShadowRegion* const shadow =
      new ShadowRegion(DeviceMemory::instance().base(), DeviceMemory::instance().size());
  return *shadow;
}

}  // namespace

Checker::Checker(Launch& launch) : launch(launch), global(global_shadow()) { memory.track_all(); }

uint64_t Checker::next_generation() {
  static uint64_t last = 0;  // launches are one at a time, and so are checked blocks
  return ++last;
}

void Checker::pass_grid_barrier() {
  generation = next_generation();
  flags.clear();
}

// Code further than 1 GiB from the simulator's own is in no build of ours; its place would be unknown.
SiteId Checker::site_of_return(uintptr_t return_address) const {
  const int64_t offset = static_cast<int64_t>(return_address - anchor()) + kOffsetBias;
  return offset > 0 && offset < 2 * kOffsetBias ? static_cast<SiteId>(offset) : 1;
}

SiteId Checker::site_of(const std::source_location& where) {
  for (size_t i = 0; i < locations_.size(); ++i) {
    if (same_location(locations_[i], where)) return kInterned | static_cast<SiteId>(i);
  }
  locations_.push_back(where);
  return kInterned | static_cast<SiteId>(locations_.size() - 1);
}

Site Checker::site(SiteId id) const {
  if (id & kInterned) return Site(locations_[id & ~kInterned]);
  return Site(static_cast<uintptr_t>(static_cast<int64_t>(anchor()) + static_cast<int64_t>(id) - kOffsetBias));
}

RawThread Checker::place(const Access& access) const {
  const dim3& grid = launch.call.grid;
  const dim3& block = launch.call.block;
  return {{access.block % grid.x, access.block / grid.x % grid.y, access.block / grid.x / grid.y},
          {access.thread % block.x, access.thread / block.x % block.y, access.thread / block.x / block.y},
          site(access.site)};
}

}  // namespace lamina::simt

// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/happens_before.h"

#include <algorithm>
#include <bit>

namespace lamina::simt {
namespace {

void merge(Knowledge& into, const Knowledge& news) {
  for (const auto& [warp, heard] : news) {
    WarpNews& known = into[warp];
    known.barriers = std::max(known.barriers, heard.barriers);
    for (size_t lane = 0; lane < 32; ++lane) known.lanes[lane] = std::max(known.lanes[lane], heard.lanes[lane]);
  }
}

// Gives each of the threads what any of them knows.
template <class Threads>
void share(std::vector<std::shared_ptr<const Knowledge>>& knowledge, const Threads& threads) {
  auto all = std::make_shared<Knowledge>();
  const Knowledge* last = nullptr;
  for (const size_t thread : threads) {
    if (!knowledge[thread] || knowledge[thread].get() == last) continue;
    last = knowledge[thread].get();
    merge(*all, *last);
  }
  for (const size_t thread : threads) knowledge[thread] = all;
}

}  // namespace

void PublishedFlags::publish(const void* flag, const Knowledge& news) { merge(flags_[flag], news); }

const Knowledge* PublishedFlags::find(const void* flag) const {
  const auto found = flags_.find(flag);
  return found == flags_.end() ? nullptr : &found->second;
}

void BlockOrder::begin(uint32_t block, int threads) {
  block_ = block;
  barriers_ = 0;
  threads_ = threads;
  const auto lanes = static_cast<size_t>(threads + 31) / 32 * 32;
  epochs_.assign(lanes, 1);
  clocks_.assign(lanes, LaneClock{});
  any_knowledge_ = any_fence_ = false;
  knowledge_.assign(lanes, nullptr);
  fenced_.assign(lanes, nullptr);
}

void BlockOrder::pass_block_barrier() {
  ++barriers_;
  if (!any_knowledge_) return;
  std::vector<size_t> all(static_cast<size_t>(threads_));
  for (size_t thread = 0; thread < all.size(); ++thread) all[thread] = thread;
  share(knowledge_, all);
}

void BlockOrder::pass_warp_barrier(int warp, unsigned lanes) {
  const auto first = static_cast<size_t>(warp) * 32;
  LaneClock together{};
  std::vector<size_t> members;
  for (unsigned left = lanes; left; left &= left - 1) {
    const auto lane = static_cast<size_t>(std::countr_zero(left));
    for (size_t other = 0; other < 32; ++other)
      together[other] = std::max(together[other], clocks_[first + lane][other]);
    together[lane] = std::max(together[lane], epochs_[first + lane]);
    if (any_knowledge_) members.push_back(first + lane);
  }
  for (unsigned left = lanes; left; left &= left - 1) {
    const auto lane = static_cast<size_t>(std::countr_zero(left));
    clocks_[first + lane] = together;
    ++epochs_[first + lane];
  }
  if (any_knowledge_) share(knowledge_, members);
}

void BlockOrder::fence(int thread) {
  const auto at = static_cast<size_t>(thread);
  auto news = knowledge_[at] ? std::make_shared<Knowledge>(*knowledge_[at]) : std::make_shared<Knowledge>();
  WarpNews own{barriers_, clocks_[at]};
  own.lanes[at % 32] = epochs_[at]++;
  merge(*news, {{{block_, static_cast<uint32_t>(at / 32)}, own}});
  fenced_[at] = std::move(news);
  any_fence_ = true;
}

void BlockOrder::publish(int thread, const void* flag, PublishedFlags& flags) const {
  if (any_fence_ && fenced_[static_cast<size_t>(thread)]) flags.publish(flag, *fenced_[static_cast<size_t>(thread)]);
}

void BlockOrder::acquire(int thread, const void* flag, const PublishedFlags& flags) {
  const Knowledge* news = flags.find(flag);
  if (!news) return;
  auto& known = knowledge_[static_cast<size_t>(thread)];
  auto all = known ? std::make_shared<Knowledge>(*known) : std::make_shared<Knowledge>();
  merge(*all, *news);
  known = std::move(all);
  any_knowledge_ = true;
}

bool BlockOrder::known_by_flag(const Access& earlier, uint32_t thread) const {
  const auto& knowledge = knowledge_[thread];
  if (!knowledge) return false;
  for (auto news = knowledge->lower_bound({earlier.block, 0});
       news != knowledge->end() && news->first.first == earlier.block; ++news) {
    if (earlier.barriers < news->second.barriers) return true;
    if (news->first.second == earlier.thread / 32 && earlier.lane_epoch <= news->second.lanes[earlier.thread % 32])
      return true;
  }
  return false;
}

}  // namespace lamina::simt

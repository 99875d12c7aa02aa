// SPDX-License-Identifier: Apache-2.0
// The judgement of one access: what memory it is, whether it may be touched, and whether it is ordered.
#include <algorithm>
#include <cstring>

#include "core/base/text.h"
#include "core/runtime/sim/block_runner.h"
#include "core/runtime/sim/checker.h"

namespace lamina::simt {

thread_local constinit BlockChecker* active_checker = nullptr;

namespace {

bool reads(AccessKind kind) { return kind != AccessKind::write && kind != AccessKind::atomic_write; }
bool writes(AccessKind kind) { return kind != AccessKind::read && kind != AccessKind::atomic_read; }
bool atomic(AccessKind kind) { return kind != AccessKind::read && kind != AccessKind::write; }

// The bytes of [address, address + bytes) that lie in the word at `word`, as bits.
unsigned bytes_in_word(uintptr_t word, uintptr_t address, size_t bytes) {
  const uintptr_t from = address > word ? address - word : 0;
  const uintptr_t to = std::min<uintptr_t>(4, address + bytes - word);
  return ((1u << to) - 1) & ~((1u << from) - 1);
}

}  // namespace

BlockChecker& BlockChecker::of_this_thread() {
  static thread_local BlockChecker checker;
  return checker;
}

void BlockChecker::begin(Checker& checker, BlockRunner& runner) {
  checker_ = &checker;
  runner_ = &runner;
  generation_ = Checker::next_generation();
  order_.begin(static_cast<uint32_t>(runner.block()), runner.thread_count());
  if (dynamic_shared_.base() == 0) {
    const AddressRange thread_locals = static_shared_of_this_thread();
    static_shared_ = ShadowRegion(thread_locals.begin, thread_locals.bytes);
    dynamic_shared_ =
        ShadowRegion(reinterpret_cast<uintptr_t>(runner.shared_arena().arena()), SharedArena::kArenaBytes);
  }
  active_checker = this;
}

void BlockChecker::end() { active_checker = nullptr; }

void BlockChecker::access(uintptr_t address, size_t bytes, AccessKind kind, SiteId site, bool must_be_aligned) {
  if (bytes == 0) return;
  const Request request{address, bytes, kind, site};
  const StackPool& stacks = runner_->stacks();
  const int stack = stacks.stack_of(address);
  if (stack >= 0 && stack == current_thread->stack) return;
  if (must_be_aligned && address % bytes != 0) {
    refuse(FaultKind::misaligned_access, request,
           text("at an address that is ", address % bytes, " more than a multiple"));
  }
  if (address - checker_->memory.base() < checker_->memory.size()) {
    global_access(request);
  } else if (static_shared_.contains(address)) {
    shared_access(static_shared_, request);
  } else if (dynamic_shared_.contains(address)) {
    const auto begin = reinterpret_cast<uintptr_t>(runner_->shared_arena().data());
    const size_t asked = runner_->shared_arena().bytes();
    if (address < begin || address - begin + bytes > asked) {
      const auto offset = static_cast<int64_t>(address - begin);
      refuse(FaultKind::shared_out_of_bounds, request,
             text("at offset ", offset, " of ", asked, " bytes of dynamic shared memory"));
    }
    shared_access(dynamic_shared_, request);
  } else if (stack >= 0) {
    refuse(FaultKind::foreign_local, request, "in the local variables of another thread");
  } else if (writes(kind) || !is_constant_data(address)) {
    refuse(FaultKind::host_pointer, request, "at an address that is not of this device");
  }
}

// --- global memory ---

void BlockChecker::global_access(const Request& request) {
  const size_t offset = request.address - checker_->memory.base();
  uint8_t* states = checker_->memory.states() + offset;
  bool initialised = true;
  for (size_t byte = 0; byte < request.bytes; ++byte) {
    if (states[byte] == kInitialised) continue;
    initialised = false;
    if (states[byte] >= kUninitialised) continue;
    const bool dead = states[byte] == kDead;
    refuse(dead ? FaultKind::use_after_free : FaultKind::out_of_bounds, request, place_name(request.address));
  }
  if (!initialised) {
    if (reads(request.kind)) report_uninitialised(request, place_name(request.address));
    if (writes(request.kind)) std::memset(states, kInitialised, request.bytes);
  }
  const Access now = order_.make_access(current_thread->linear, request.site, atomic(request.kind));
  const uintptr_t end = request.address + request.bytes;
  for (uintptr_t word = request.address & ~uintptr_t{3}; word < end; word += 4) {
    const size_t word_offset = word - checker_->global.base();
    order_access(checker_->global, checker_->global.word(word_offset, checker_->generation), word_offset,
                 bytes_in_word(word, request.address, request.bytes), now, request);
  }
}

// --- shared memory ---

void BlockChecker::shared_access(ShadowRegion& region, const Request& request) {
  const Access now = order_.make_access(current_thread->linear, request.site, atomic(request.kind));
  const uintptr_t end = request.address + request.bytes;
  bool initialised = true;
  for (uintptr_t at = request.address & ~uintptr_t{3}; at < end; at += 4) {
    const size_t offset = at - region.base();
    WordShadow& word = region.word(offset, generation_);
    const unsigned mask = bytes_in_word(at, request.address, request.bytes);
    if (word.pending & mask) {
      const Site issued = checker_->site(word.pending_site);
      const std::optional<RawThread> other = checker_->place(word.record.writer);
      if (!runner_->launch().faults.count_again(FaultKind::async_not_waited, checker_->site(request.site), issued)) {
        runner_->record(FaultKind::async_not_waited, checker_->site(request.site),
                        "touches bytes of an asynchronous copy before it was waited for", other);
      }
      word.pending = static_cast<uint8_t>(word.pending & ~mask);
      word.initialised = static_cast<uint8_t>(word.initialised | mask);
      continue;  // one fault is enough for one mistake
    }
    if (reads(request.kind) && (word.initialised & mask) != mask) initialised = false;
    if (writes(request.kind)) word.initialised = static_cast<uint8_t>(word.initialised | mask);
    order_access(region, word, offset, mask, now, request);
  }
  if (!initialised) report_uninitialised(request, "of shared memory");
}

void BlockChecker::issue(const AsyncCopy& copy) {
  const SiteId site = checker_->site_of(copy.where);
  const auto to = reinterpret_cast<uintptr_t>(copy.to);
  if (!is_shared(to)) {
    refuse(FaultKind::host_pointer, {to, static_cast<size_t>(copy.bytes), AccessKind::write, site},
           "an asynchronous copy writes shared memory only");
  }
  const bool aligned =
      to % static_cast<size_t>(copy.bytes) == 0 &&
      (copy.valid == 0 || reinterpret_cast<uintptr_t>(copy.from) % static_cast<size_t>(copy.bytes) == 0);
  if (!aligned) {
    refuse(FaultKind::misaligned_access, {to, static_cast<size_t>(copy.bytes), AccessKind::write, site},
           "by an asynchronous copy whose ends are not both multiples of its size");
  }
  access(reinterpret_cast<uintptr_t>(copy.from), static_cast<size_t>(copy.valid), AccessKind::read, site, false);
  access(to, static_cast<size_t>(copy.bytes), AccessKind::write, site, false);
  mark_pending(copy, site);
}

void BlockChecker::mark_pending(const AsyncCopy& copy, SiteId site) {
  const auto to = reinterpret_cast<uintptr_t>(copy.to);
  ShadowRegion& region = static_shared_.contains(to) ? static_shared_ : dynamic_shared_;
  for (uintptr_t at = to; at < to + static_cast<size_t>(copy.bytes); at += 4) {
    WordShadow& word = region.word(at - region.base(), generation_);
    word.pending = site ? 0xf : 0;
    word.pending_site = site;
  }
}

// The device may read and write at any time between issue and wait, so both ends are judged at both times.
void BlockChecker::land(const AsyncCopy& copy) {
  const SiteId site = checker_->site_of(copy.where);
  mark_pending(copy, 0);
  access(reinterpret_cast<uintptr_t>(copy.from), static_cast<size_t>(copy.valid), AccessKind::read, site, false);
  access(reinterpret_cast<uintptr_t>(copy.to), static_cast<size_t>(copy.bytes), AccessKind::write, site, false);
}

// --- order ---

void BlockChecker::order_access(ShadowRegion& region, WordShadow& word, size_t offset, unsigned mask, const Access& now,
                                const Request& request) {
  if (mask == 0xf && !word.split) {
    check_order(word.record, now, request);
    return;
  }
  if (!word.split) region.split(word, offset);
  for (size_t byte = 0; byte < 4; ++byte) {
    if (mask >> byte & 1) check_order(region.byte((offset & ~size_t{3}) + byte), now, request);
  }
}

void BlockChecker::check_order(Record& record, const Access& now, const Request& request) {
  const auto in_conflict = [&](const Access& earlier) {
    return earlier.present() && !(earlier.atomic && now.atomic) && !order_.ordered(earlier, now);
  };
  if (in_conflict(record.writer)) report_race(record.writer, true, request);
  if (!writes(request.kind)) {
    const auto is_past = [&](const Access& reader) { return !reader.present() || order_.ordered(reader, now); };
    remember_reader(record, now, is_past(record.readers[0]), is_past(record.readers[1]));
    return;
  }
  for (const Access& reader : record.readers) {
    if (in_conflict(reader)) report_race(reader, false, request);
  }
  record.writer = now;
  record.readers[0] = record.readers[1] = Access{};
}

// Two readers of different warps are enough: a later writer that is ordered after one of them by its warp is not by
// that after the other.
void BlockChecker::remember_reader(Record& record, const Access& now, bool first_is_past, bool second_is_past) {
  Access& first = record.readers[0];
  Access& second = record.readers[1];
  const auto same_warp = [](const Access& a, const Access& b) {
    return a.block == b.block && a.thread / 32 == b.thread / 32;
  };
  if (first_is_past) {
    first = now;
  } else if (second_is_past || (same_warp(first, second) && !same_warp(first, now))) {
    second = now;
  }
}

void BlockChecker::fence() { order_.fence(current_thread->linear); }

void BlockChecker::publish(const void* flag) { order_.publish(current_thread->linear, flag, checker_->flags); }

void BlockChecker::acquire(const void* flag, const std::source_location& where) {
  access(reinterpret_cast<uintptr_t>(flag), 4, AccessKind::atomic_read, checker_->site_of(where), true);
  order_.acquire(current_thread->linear, flag, checker_->flags);
}

// --- reports ---

std::string BlockChecker::place_name(uintptr_t address) {
  const DeviceMemory::Allocation* allocation = checker_->memory.find(address);
  if (!allocation) return "where nothing is allocated";
  const auto begin = reinterpret_cast<uintptr_t>(allocation->data);
  const std::string name = text("'", allocation->what, "' (", allocation->bytes, " bytes)");
  if (address < begin) return text(begin - address, " bytes before ", name);
  if (address - begin >= allocation->bytes)
    return text(address - begin - allocation->bytes, " bytes past the end of ", name);
  const char* state = allocation->freed ? ", which is freed"
                      : checker_->memory.states()[address - checker_->memory.base()] == kDead
                          ? ", outside of the lifetime of its slot"
                          : "";
  return text("at byte ", address - begin, " of ", name, state);
}

void BlockChecker::refuse(FaultKind kind, const Request& request, const std::string& detail) {
  const char* verb = atomic(request.kind) ? "atomic access" : writes(request.kind) ? "write" : "read";
  if (!runner_->launch().faults.count_again(kind, checker_->site(request.site), std::nullopt)) {
    runner_->record(kind, checker_->site(request.site), text(verb, " of ", request.bytes, " bytes ", detail));
  }
  runner_->leave_after_fault();
}

void BlockChecker::report_uninitialised(const Request& request, const std::string& place) {
  const Site site = checker_->site(request.site);
  if (runner_->launch().faults.count_again(FaultKind::uninitialised_read, site, std::nullopt)) return;
  runner_->record(FaultKind::uninitialised_read, site, text("read of ", request.bytes, " bytes ", place));
}

void BlockChecker::report_race(const Access& earlier, bool earlier_wrote, const Request& request) {
  const bool shared = is_shared(request.address);
  const FaultKind kind = shared ? FaultKind::shared_race : FaultKind::global_race;
  const Site site = checker_->site(request.site);
  if (runner_->launch().faults.count_again(kind, site, checker_->site(earlier.site))) return;
  const char* how = !writes(request.kind) ? "read after an unordered write"
                    : earlier_wrote       ? "write after an unordered write"
                                          : "write after an unordered read";
  runner_->record(kind, site,
                  text(how, ", ", request.bytes, " bytes ", shared ? "of shared memory" : place_name(request.address)),
                  checker_->place(earlier));
}

}  // namespace lamina::simt

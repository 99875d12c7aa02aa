// SPDX-License-Identifier: Apache-2.0
// The faults of one launch while it runs: raw places, equal ones counted. Source lines are looked up at the end, on the
// stack of the launching thread: a fiber's stack is too small for libdw.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "core/runtime/sim/fault.h"

namespace lamina::simt {

// A place in a kernel: a source location where the vocabulary gives one, else the return address of an access.
struct Site {
  uintptr_t address = 0;
  const char* file = nullptr;
  int line = 0;

  Site() = default;
  explicit Site(uintptr_t address) : address(address) {}
  explicit Site(const std::source_location& where) : file(where.file_name()), line(static_cast<int>(where.line())) {}
};

bool same_site(const Site& a, const Site& b);
inline bool same_location(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && a.column() == b.column() && same_site(Site(a), Site(b));
}

struct RawThread {
  uint3 block{};
  uint3 thread{};
  Site at;
};

struct RawFault {
  FaultKind kind{};
  RawThread where;
  std::optional<RawThread> other;
  std::string detail;
  long count = 1;
};

class FaultLog {
 public:
  // Keeps the first of each (kind, place, other place) and counts the rest; at most kKept different ones.
  void add(RawFault fault);
  // Counts the fault if it is kept already: saves its description.
  bool count_again(FaultKind kind, const Site& where, const std::optional<Site>& other);
  bool empty() const { return faults_.empty(); }
  std::vector<Fault> resolve(const std::string& kernel) const;

 private:
  static constexpr size_t kKept = 256;
  std::mutex mutex_;
  std::vector<RawFault> faults_;
};

}  // namespace lamina::simt

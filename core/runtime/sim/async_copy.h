// SPDX-License-Identifier: Apache-2.0
// The asynchronous copies that one thread has under way (cp.async). They land only when they are waited for, so that a
// missing wait is seen in the data and, with checks on, at the line that reads too early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <vector>

namespace lamina::simt {

struct AsyncCopy {
  std::byte* to;          // shared memory
  const std::byte* from;  // global memory
  int bytes;
  int valid;  // bytes from here on become zero
  std::source_location where;
  long group = 0;  // number of the commit that closes it
};

class AsyncCopies {
 public:
  void issue(AsyncCopy copy);
  void commit() { ++commits_; }
  // Lands all committed copies but those of the last `groups_left` commits; calls before_landing(copy) for each.
  template <class BeforeLanding>
  void wait(int groups_left, BeforeLanding before_landing) {
    size_t kept = 0;
    for (const AsyncCopy& copy : under_way_) {
      if (copy.group < commits_ - groups_left) {
        before_landing(copy);
        land(copy);
      } else {
        under_way_[kept++] = copy;
      }
    }
    under_way_.resize(kept);
  }
  void reset() {
    under_way_.clear();
    commits_ = 0;
  }

 private:
  static void land(const AsyncCopy& copy);

  std::vector<AsyncCopy> under_way_;
  long commits_ = 0;
};

}  // namespace lamina::simt

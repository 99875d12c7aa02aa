// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/fault.h"

#include <array>
#include <atomic>
#include <iterator>
#include <ostream>

#include "core/base/check.h"

namespace lamina::simt {
namespace {

constexpr std::array<std::string_view, 16> kNames = {"out-of-bounds access",
                                                     "use after free",
                                                     "uninitialised read",
                                                     "shared memory out of bounds",
                                                     "host pointer",
                                                     "foreign local",
                                                     "misaligned access",
                                                     "global race",
                                                     "shared race",
                                                     "missing barrier",
                                                     "divergent barrier",
                                                     "divergent collective",
                                                     "async copy not waited for",
                                                     "deadlock",
                                                     "stack overflow",
                                                     "assertion failed"};

std::atomic<FaultCollector*> installed_collector = nullptr;

std::string place(const FaultThread& at) {
  return text("block (", at.block.x, ",", at.block.y, ",", at.block.z, ") thread (", at.thread.x, ",", at.thread.y, ",",
              at.thread.z, ") at ", at.at.file.empty() ? "an unknown line" : text(at.at.file, ":", at.at.line));
}

}  // namespace

std::string_view name_of(FaultKind kind) { return kNames.at(static_cast<size_t>(kind)); }

std::ostream& operator<<(std::ostream& out, FaultKind kind) { return out << name_of(kind); }

std::string describe(const Fault& fault) {
  std::string line = text(fault.kind, " in ", fault.kernel, ": ", place(fault.where));
  if (!fault.detail.empty()) line += ": " + fault.detail;
  if (fault.other) line += "; the other: " + place(*fault.other);
  if (fault.count > 1) line += text(" (", fault.count, " times)");
  return line;
}

FaultCollector::FaultCollector() {
  FaultCollector* none = nullptr;
  LAMINA_ASSERT(installed_collector.compare_exchange_strong(none, this), "one FaultCollector at a time");
}

FaultCollector::~FaultCollector() { installed_collector = nullptr; }

void deliver_faults(std::vector<Fault> faults) {
  if (faults.empty()) return;
  if (FaultCollector* collector = installed_collector) {
    collector->faults_.insert(collector->faults_.end(), std::make_move_iterator(faults.begin()),
                              std::make_move_iterator(faults.end()));
    return;
  }
  constexpr size_t kListed = 5;
  std::string message = text("[sim] ", faults.size(), faults.size() == 1 ? " fault" : " different faults");
  for (size_t i = 0; i < faults.size() && i < kListed; ++i) message += "\n  " + describe(faults[i]);
  if (faults.size() > kListed) message += text("\n  and ", faults.size() - kListed, " more");
  throw Error(ErrorKind::device, message);
}

}  // namespace lamina::simt

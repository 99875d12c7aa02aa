// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/fault_log.h"

#include <cstring>

#include "core/runtime/sim/source_lines.h"

namespace lamina::simt {
namespace {

SourceLine line_of(const Site& site) {
  if (site.file) return {site.file, site.line};
  return site.address ? source_line_of(site.address) : SourceLine{};
}

}  // namespace

bool same_site(const Site& a, const Site& b) {
  if (a.address != b.address || a.line != b.line) return false;
  return a.file == b.file || (a.file && b.file && std::strcmp(a.file, b.file) == 0);
}

bool FaultLog::count_again(FaultKind kind, const Site& where, const std::optional<Site>& other) {
  const std::lock_guard lock(mutex_);
  for (RawFault& known : faults_) {
    if (known.kind == kind && same_site(known.where.at, where) && known.other.has_value() == other.has_value() &&
        (!other || same_site(known.other->at, *other))) {
      ++known.count;
      return true;
    }
  }
  return false;
}

void FaultLog::add(RawFault fault) {
  if (count_again(fault.kind, fault.where.at, fault.other ? std::optional(fault.other->at) : std::nullopt)) return;
  const std::lock_guard lock(mutex_);
  if (faults_.size() < kKept) faults_.push_back(std::move(fault));
}

std::vector<Fault> FaultLog::resolve(const std::string& kernel) const {
  std::vector<Fault> resolved;
  for (const RawFault& raw : faults_) {
    Fault fault{raw.kind,     kernel,     {raw.where.block, raw.where.thread, line_of(raw.where.at)},
                std::nullopt, raw.detail, raw.count};
    if (raw.other) fault.other = FaultThread{raw.other->block, raw.other->thread, line_of(raw.other->at)};
    resolved.push_back(std::move(fault));
  }
  return resolved;
}

}  // namespace lamina::simt

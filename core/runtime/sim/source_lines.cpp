// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/source_lines.h"

#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <unordered_map>

namespace lamina::simt {
namespace {

struct EndSession {
  void operator()(Dwfl* session) const { dwfl_end(session); }
};
using Session = std::unique_ptr<Dwfl, EndSession>;

Session open_session() {
  static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                           .find_debuginfo = dwfl_standard_find_debuginfo,
                                           .section_address = nullptr,
                                           .debuginfo_path = nullptr};
  Session session(dwfl_begin(&callbacks));
  if (!session || dwfl_linux_proc_report(session.get(), getpid()) != 0) return nullptr;
  if (dwfl_report_end(session.get(), nullptr, nullptr) != 0) return nullptr;
  return session;
}

SourceLine look_up(Dwfl* session, uintptr_t address) {
  Dwfl_Line* line = session ? dwfl_getsrc(session, address) : nullptr;
  int number = 0;
  const char* file = line ? dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
  return file ? SourceLine{file, number} : SourceLine{};
}

}  // namespace

SourceLine source_line_of(uintptr_t return_address) {
  static std::mutex mutex;
  static const Session session = open_session();
  static std::unordered_map<uintptr_t, SourceLine> cache;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = cache.try_emplace(return_address);
  if (is_new) entry->second = look_up(session.get(), return_address - 1);
  return entry->second;
}

}  // namespace lamina::simt

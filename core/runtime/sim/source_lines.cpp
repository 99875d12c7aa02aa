// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
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

// Code of the device vocabulary (core/simt) and of the compiler's headers is not where the mistake is.
bool is_vocabulary(std::string_view file) {
  if (file.starts_with("/usr/")) return true;
  return file.find("core/simt/") != file.npos && file.find("tests/core/simt/") == file.npos;
}

struct FreeScopes {
  void operator()(Dwarf_Die* scopes) const { std::free(scopes); }
};
using Scopes = std::unique_ptr<Dwarf_Die, FreeScopes>;

// The place where an inlined function was called, or nothing.
std::optional<SourceLine> call_site(Dwarf_Die* inlined, Dwarf_Files* files) {
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0, line = 0;
  if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0) return std::nullopt;
  if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) != 0) return std::nullopt;
  const char* name = dwarf_filesrc(files, file, nullptr, nullptr);
  if (!name) return std::nullopt;
  return SourceLine{name, static_cast<int>(line)};
}

// Steps out of inlined functions until the line is one of the kernel's own.
SourceLine leave_vocabulary(Dwfl* session, uintptr_t address, SourceLine line) {
  Dwarf_Addr bias = 0;
  Dwarf_Die* unit = dwfl_addrdie(session, address, &bias);
  Dwarf_Files* files = nullptr;
  Dwarf_Die* found = nullptr;
  if (!unit || dwarf_getsrcfiles(unit, &files, nullptr) != 0 || dwarf_getscopes(unit, address - bias, &found) <= 0)
    return line;
  const Scopes innermost(found);
  const int count = dwarf_getscopes_die(innermost.get(), &found);
  if (count <= 0) return line;
  const Scopes scopes(found);
  for (int i = 0; i < count && is_vocabulary(line.file); ++i) {
    Dwarf_Die* scope = scopes.get() + i;
    if (dwarf_tag(scope) != DW_TAG_inlined_subroutine) continue;
    if (const auto caller = call_site(scope, files)) line = *caller;
  }
  return line;
}

SourceLine look_up(Dwfl* session, uintptr_t address) {
  Dwfl_Line* line = session ? dwfl_getsrc(session, address) : nullptr;
  int number = 0;
  const char* file = line ? dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
  if (!file) return {};
  const SourceLine innermost{file, number};
  return is_vocabulary(innermost.file) ? leave_vocabulary(session, address, innermost) : innermost;
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

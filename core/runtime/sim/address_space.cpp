// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/address_space.h"

#include <link.h>
#include <sys/mman.h>

#include <vector>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina::simt {
namespace {

bool holds(const dl_phdr_info& module, uintptr_t address) {
  for (int i = 0; i < module.dlpi_phnum; ++i) {
    const auto& segment = module.dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && address - (module.dlpi_addr + segment.p_vaddr) < segment.p_memsz) return true;
  }
  return false;
}

// The simulator and the kernels are linked into the same module, and their thread-locals with them.
int find_thread_locals(dl_phdr_info* module, size_t, void* result) {
  if (!holds(*module, reinterpret_cast<uintptr_t>(&find_thread_locals))) return 0;
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_TLS) continue;
    *static_cast<AddressRange*>(result) = {reinterpret_cast<uintptr_t>(module->dlpi_tls_data), segment.p_memsz};
  }
  return 1;
}

int collect_constant_data(dl_phdr_info* module, size_t, void* result) {
  auto* ranges = static_cast<std::vector<AddressRange>*>(result);
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& segment = module->dlpi_phdr[i];
    const bool read_only = segment.p_type == PT_LOAD && !(segment.p_flags & PF_W);
    if (read_only || segment.p_type == PT_GNU_RELRO)
      ranges->push_back({module->dlpi_addr + segment.p_vaddr, segment.p_memsz});
  }
  return 0;
}

}  // namespace

void GiveBackPages::operator()(void* pages) const noexcept { munmap(pages, bytes); }

AddressSpace reserve_address_space(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorKind::device, text("[sim] no room for ", bytes >> 20,
                                        " MiB of address space; raise the limit of virtual memory (ulimit -v)"));
  }
  return AddressSpace(memory, {bytes});
}

AddressRange static_shared_of_this_thread() {
  AddressRange range;
  dl_iterate_phdr(find_thread_locals, &range);
  return range;
}

bool is_constant_data(uintptr_t address) {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> found;
    dl_iterate_phdr(collect_constant_data, &found);
    return found;
  }();
  for (const AddressRange& range : ranges) {
    if (range.contains(address)) return true;
  }
  return false;
}

}  // namespace lamina::simt

// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cpu/cpu_device.h"

#include <dnnl.h>
#include <sanitizer/asan_interface.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cpu/threads.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 256;
#ifdef __SANITIZE_ADDRESS__
constexpr bool kChecked = true;
#else
constexpr bool kChecked = false;
#endif
constexpr size_t kRedzone = kChecked ? kAlignment : 0;

struct HostMemory {
  size_t free;
  size_t total;  // with swap
};

HostMemory host_memory() {
  struct sysinfo info {};
  sysinfo(&info);  // cannot fail with a valid pointer
  const size_t unit = info.mem_unit;
  return {(info.freeram + info.bufferram) * unit, (info.totalram + info.totalswap) * unit};
}

class CpuDevice final : public Device {
 public:
  DeviceKind kind() const override { return DeviceKind::cpu; }

  std::string description() const override {
    const dnnl_version_t* version = dnnl_version();
    const int number = threads();
    return text("cpu (", number, number == 1 ? " thread" : " threads", ", oneDNN ", version->major, ".",
                version->minor, ".", version->patch, ")");
  }

  Buffer allocate(size_t bytes, std::string_view what) override {
    const HostMemory host = host_memory();
    // More than there is would be granted by an overcommitting kernel and end in a kill instead of an error.
    char* block = bytes <= host.total ? static_cast<char*>(std::aligned_alloc(kAlignment, block_size(bytes))) : nullptr;
    if (!block) {
      throw Error(ErrorKind::device, text("[cpu] no memory for ", what, ": ", bytes, " bytes asked, ", host.free,
                                          " free of ", host.total, " with swap; a smaller batch needs less"));
    }
    char* data = block + kRedzone;
    ASAN_POISON_MEMORY_REGION(block, kRedzone);
    const size_t usable = std::max(bytes, size_t{1});
    ASAN_POISON_MEMORY_REGION(data + usable, block_size(bytes) - kRedzone - usable);
    return Buffer(shared_from_this(), data, bytes);
  }

  void upload(void* device, const void* host, size_t bytes) override { copy(device, host, bytes); }
  void download(void* host, const void* device, size_t bytes) override { copy(host, device, bytes); }
  void copy(void* to, const void* from, size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void fill_zero(void* device, size_t bytes) override {
    if (bytes > 0) std::memset(device, 0, bytes);
  }
  void synchronize() override {}

  bool checks_slots() const override { return kChecked; }
  void poison([[maybe_unused]] void* device, [[maybe_unused]] size_t bytes) override {
    ASAN_POISON_MEMORY_REGION(device, bytes);
  }
  void unpoison([[maybe_unused]] void* device, [[maybe_unused]] size_t bytes) override {
    ASAN_UNPOISON_MEMORY_REGION(device, bytes);
  }

 private:
  // A whole number of alignments (aligned_alloc asks for it), with a zone before and at least one after.
  static size_t block_size(size_t bytes) {
    return (std::max(bytes, size_t{1}) + kAlignment - 1) / kAlignment * kAlignment + 2 * kRedzone;
  }

  void release(void* data, size_t bytes) noexcept override {
    char* block = static_cast<char*>(data) - kRedzone;
    ASAN_UNPOISON_MEMORY_REGION(block, block_size(bytes));
    std::free(block);
  }
};

}  // namespace

std::shared_ptr<Device> make_cpu_device(int threads) {
  set_threads(threads);
  return std::make_shared<CpuDevice>();
}

}  // namespace lamina

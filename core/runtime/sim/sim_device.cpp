// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/sim_device.h"

#include <atomic>
#include <cstring>

#include "core/base/check.h"
#include "core/runtime/sim/device_memory.h"
#include "core/runtime/sim/options.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace lamina {
namespace {

using simt::DeviceMemory;

class SimDevice : public Device {
 public:
  DeviceKind kind() const override { return DeviceKind::sim; }

  std::string description() const override {
    const SimOptions options = sim_options();
    return text("sim (SIMT simulator, checks ", options.checks == SimChecks::off ? "off" : "for faults", ", seed ",
                options.seed, ")");
  }

  Buffer allocate(size_t bytes, std::string_view what) override {
    return Buffer(shared_from_this(), memory_.allocate(bytes, what), bytes);
  }

  void upload(void* device, const void* host, size_t bytes) override {
    memory_.require_live(device, bytes, "upload");
    if (bytes > 0) std::memcpy(device, host, bytes);
    memory_.set_state(device, bytes, simt::kInitialised);
  }

  // Bytes that no one has written may be read by the host: a report may print what a kernel left out.
  void download(void* host, const void* device, size_t bytes) override {
    memory_.require_live(device, bytes, "download");
    if (bytes > 0) std::memcpy(host, device, bytes);
  }

  void copy(void* to, const void* from, size_t bytes) override {
    memory_.require_live(to, bytes, "copy");
    memory_.require_live(from, bytes, "copy");
    if (bytes > 0) std::memmove(to, from, bytes);
    memory_.copy_state(to, from, bytes);
  }

  void fill_zero(void* device, size_t bytes) override {
    memory_.require_live(device, bytes, "fill");
    if (bytes > 0) std::memset(device, 0, bytes);
    memory_.set_state(device, bytes, simt::kInitialised);
  }

  void synchronize() override {
    const void* wrong = wrong_release_.exchange(nullptr);
    LAMINA_ASSERT(!wrong, "a buffer at ", wrong, " was released twice, or never allocated on sim");
  }

  bool checks_slots() const override {
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    return sim_options().checks != SimChecks::off;
#endif
  }

  void poison(void* device, size_t bytes) override {
    memory_.require_live(device, bytes, "poison");
    memory_.set_state(device, bytes, simt::kDead);
#ifdef __SANITIZE_ADDRESS__
    ASAN_POISON_MEMORY_REGION(device, bytes);
#endif
  }

  void unpoison(void* device, size_t bytes) override {
    memory_.require_live(device, bytes, "unpoison");
    memory_.set_state(device, bytes, simt::kUninitialised);
#ifdef __SANITIZE_ADDRESS__
    ASAN_UNPOISON_MEMORY_REGION(device, bytes);
#endif
  }

 protected:
  void release(void* data, size_t) noexcept override {
    if (!memory_.release(static_cast<std::byte*>(data))) wrong_release_ = data;
  }

 private:
  DeviceMemory& memory_ = DeviceMemory::instance();
  std::atomic<const void*> wrong_release_ = nullptr;  // a destructor cannot throw: synchronize() tells of it
};

}  // namespace

std::shared_ptr<Device> make_sim_device() { return std::make_shared<SimDevice>(); }

}  // namespace lamina

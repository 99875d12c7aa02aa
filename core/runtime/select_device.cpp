// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/select_device.h"

#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cpu/cpu_device.h"
#include "core/runtime/cpu/threads.h"
#include "core/runtime/cuda/cuda_device.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina {
namespace {

struct Found {
  std::shared_ptr<Device> device;
  std::string why;
};

// One object per kind while anybody uses it: models that share layers then share the memory of their weights.
std::shared_ptr<Device> shared_device(DeviceKind kind, const std::function<std::shared_ptr<Device>()>& make) {
  static std::mutex mutex;
  static std::map<DeviceKind, std::weak_ptr<Device>> known;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Device> device = known[kind].lock();
  if (!device) known[kind] = device = make();
  return device;
}

Found find(std::string_view name, int threads) {
  const auto cpu = [&] { return shared_device(DeviceKind::cpu, [&] { return make_cpu_device(threads); }); };
  const auto gpu = [] { return shared_device(DeviceKind::cuda, [] { return make_cuda_device(); }); };
  if (name == "cpu") return {cpu(), "as asked"};
  if (name == "cuda") return {gpu(), "as asked"};
  if (name == "sim") return {shared_device(DeviceKind::sim, make_sim_device), "as asked"};
  if (name == "auto") {
    const CudaAvailability cuda = cuda_availability();
    if (cuda.usable) return {gpu(), "the GPU that was found"};
    return {cpu(), text("since cuda cannot be used: ", cuda.why)};
  }
  throw Error(ErrorKind::usage, text("unknown device '", name, "'", did_you_mean(name, {"auto", "cpu", "cuda", "sim"}),
                                     "; there are auto, cpu, cuda and sim"));
}

}  // namespace

DeviceChoice select_device(std::string_view name, int threads) {
  Found found = find(name, threads);
  const int chosen = set_threads(threads);  // on cuda too: the host decodes and augments
  SimOptions options = sim_options();
  options.threads = chosen;
  set_sim_options(options);
  std::string line = text("device: ", found.device->description(), ", ", found.why);
  return {std::move(found.device), std::move(line)};
}

}  // namespace lamina

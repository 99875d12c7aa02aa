// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/select_device.h"

#include <map>
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

DeviceChoice choose(std::shared_ptr<Device> device, std::string_view why) {
  std::string line = text("device: ", device->description(), ", ", why);
  return {std::move(device), std::move(line)};
}

// One object per kind while anybody uses it: models that share layers then share the memory of their weights.
template <class Make>
std::shared_ptr<Device> shared_device(DeviceKind kind, Make make) {
  static std::map<DeviceKind, std::weak_ptr<Device>> known;
  std::shared_ptr<Device> device = known[kind].lock();
  if (!device) known[kind] = device = make();
  return device;
}

}  // namespace

DeviceChoice select_device(std::string_view name, int threads) {
  const int chosen = set_threads(threads);  // on cuda too: the host decodes and augments
  const auto cpu = [&] { return shared_device(DeviceKind::cpu, [&] { return make_cpu_device(chosen); }); };
  const auto gpu = [] { return shared_device(DeviceKind::cuda, [] { return make_cuda_device(); }); };
  if (name == "cpu") return choose(cpu(), "as asked");
  if (name == "cuda") return choose(gpu(), "as asked");
  if (name == "sim") {
    SimOptions options = sim_options();
    options.threads = chosen;
    set_sim_options(options);
    return choose(shared_device(DeviceKind::sim, make_sim_device), "as asked");
  }
  if (name == "auto") {
    const CudaAvailability cuda = cuda_availability();
    if (cuda.usable) return choose(gpu(), "the GPU that was found");
    return choose(cpu(), text("since cuda cannot be used: ", cuda.why));
  }
  throw Error(ErrorKind::usage, text("unknown device '", name, "'", did_you_mean(name, {"auto", "cpu", "cuda", "sim"}),
                                     "; there are auto, cpu, cuda and sim"));
}

}  // namespace lamina

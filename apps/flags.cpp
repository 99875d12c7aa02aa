// SPDX-License-Identifier: Apache-2.0
#include "apps/flags.h"

#include <algorithm>
#include <limits>

#include "apps/checks.h"
#include "core/runtime/sim/options.h"
#include "kernels/all_ops.h"

namespace lamina::apps {
namespace {

std::map<std::string, std::string> forced_impls(const std::vector<std::string>& flags) {
  std::map<std::string, std::string> forced;
  for (const std::string& flag : flags) {
    const size_t equals = flag.find('=');
    if (equals == std::string::npos) throw Error(ErrorKind::usage, text("--impl takes op=implementation, got '", flag, "'"));
    const std::string op = flag.substr(0, equals);
    if (!forced.emplace(op, flag.substr(equals + 1)).second) throw Error(ErrorKind::usage, text("--impl names op '", op, "' twice"));
  }
  return forced;
}

void check_impl(const OpRegistry& registry, DeviceKind device, const std::string& op, const std::string& impl) {
  std::vector<std::string> ops, names;
  for (const auto& [name, entry] : registry.entries()) ops.push_back(name);
  if (std::find(ops.begin(), ops.end(), op) == ops.end()) {
    throw Error(ErrorKind::usage, text("--impl: no op '", op, "'", did_you_mean(op, ops), "; there are: ", join(ops)));
  }
  for (const KernelImpl* known : registry.impls(op, device)) names.push_back(known->name);
  if (std::find(names.begin(), names.end(), impl) != names.end()) return;
  throw Error(ErrorKind::usage, text("--impl: op '", op, "' has no implementation '", impl, "' on ", device, did_you_mean(impl, names),
                                     "; there are: ", join(names)));
}

}  // namespace

void DeviceFlags::add_to(CLI::App& cli) {
  cli.add_option("--device", device, "auto, cpu, cuda or sim")->capture_default_str();
  cli.add_option("--threads", threads, "threads of cpu and sim (0: all cores)")->check(whole_number(0, 4096))->capture_default_str();
  cli.add_option("--sim-checks", sim_checks, "what the simulator looks at: off, or faults (every access; slow)")
      ->check(CLI::IsMember({"off", "faults"}))
      ->capture_default_str();
}

DeviceChoice DeviceFlags::open() const {
  const SimChecks checks = sim_checks == "faults" ? SimChecks::faults : SimChecks::off;
  if (checks != SimChecks::off && device != "sim") {
    throw Error(ErrorKind::usage, text("--sim-checks ", sim_checks, " is for --device sim, got --device ", device));
  }
  SimOptions options = sim_options();
  options.checks = checks;
  set_sim_options(options);
  return select_device(device, threads);
}

void ModelFlags::add_to(CLI::App& cli) {
  device.add_to(cli);
  cli.add_option("--seed", seed, "seed of weights, shuffling and dropout")
      ->check(whole_number(0, std::numeric_limits<uint64_t>::max()))
      ->capture_default_str();
  cli.add_option("--impl", impls, "force an op's implementation: matmul=onednn or matmul=reference on cpu, matmul=tiled on sim and cuda")
      ->allow_extra_args(false);  // one value each: what follows is no part of the list
}

DeviceChoice ModelFlags::open() const {
  const auto forced = forced_impls(impls);
  DeviceChoice choice = device.open();
  const OpRegistry registry = kernels::all_ops();
  for (const auto& [op, impl] : forced) check_impl(registry, choice.device->kind(), op, impl);
  return choice;
}

void ModelFlags::apply_to(CompileOptions& options) const {
  options.device = device.device;
  options.threads = device.threads;
  options.seed = seed;
  options.impls = forced_impls(impls);
}

}  // namespace lamina::apps

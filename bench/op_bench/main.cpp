// SPDX-License-Identifier: Apache-2.0
// Times every implementation of an op on its `bench` cases: median of n runs after a warm-up, with the caches flushed in
// between, next to what the op's own cost says was computed and moved.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/app.h"
#include "core/base/philox.h"
#include "core/compile/make_plan.h"
#include "core/runtime/cpu/threads.h"
#include "kernels/all_ops.h"

namespace {

using namespace lamina;

constexpr size_t kFlushBytes = size_t{256} << 20;  // more than any second- or third-level cache we run on

struct Flags {
  apps::DeviceFlags device;
  std::string op, json;
  int repeats = 20;
};

struct Timing {
  std::string op, one, impl;
  double median_ms = 0, best_ms = 0, gflops = 0, gbytes = 0;  // rates at the median
  std::string refused;
};

// Sums up the steps that run the op under test: a step of another op (a cast) is not its cost.
struct StepTimer final : StepObserver {
  explicit StepTimer(std::string name) : op(std::move(name)) {}
  void on_step(const Step& step, double seconds) override {
    if (step.op->name != op) return;
    total += seconds;
    cost.flops += step.cost.flops;
    cost.bytes += step.cost.bytes;
  }
  std::string op;
  double total = 0;
  OpCost cost;
};

HostTensor filled(const CaseInput& input) {
  std::vector<float> values;
  const RandomKey key{3, RandomPurpose::test, 0, 0};
  for (int64_t i = 0; i < input.extents.count(); ++i) {
    const double value = input.low + (input.high - input.low) * static_cast<double>(key.uniform(static_cast<uint64_t>(i)));
    values.push_back(static_cast<float>(is_floating(input.dtype) ? value : static_cast<double>(static_cast<int64_t>(value))));
  }
  return HostTensor::of<float>(input.extents, values).cast(input.dtype);
}

Timing measure(const OpRegistry& ops, const std::shared_ptr<Device>& device, const std::string& op, const OpCase& one,
               const KernelImpl& impl, const Flags& flags) {
  Timing timing{.op = op, .one = one.name, .impl = impl.full_name()};
  std::vector<Value> inputs;
  Feed feed;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    const std::string name = text("x", i);
    inputs.push_back(input_value(name, one.inputs[i].dtype, one.inputs[i].extents));
    feed.emplace(name, filled(one.inputs[i]));
  }
  Graph graph;
  for (const Value& value : one.build(inputs)) graph.outputs.push_back({text("y", graph.outputs.size()), value});
  PlanOptions options;
  options.device = device->kind();
  options.threads = threads();
  options.fuse = false;
  options.allow_tf32 = impl.name.find("tf32") != std::string::npos;
  options.forced_impls = {{op, impl.name}};
  std::shared_ptr<const Plan> plan;
  try {
    plan = std::make_shared<const Plan>(make_plan(graph, {}, ops, options));
  } catch (const Error& error) {
    timing.refused = error.what();
    return timing;
  }
  Executor executor(plan, device);
  const Buffer flush = device->allocate(kFlushBytes, "the cache flush of a benchmark");
  std::vector<double> seconds;
  for (int run = 0; run < flags.repeats + 2; ++run) {
    device->fill_zero(flush.data(), kFlushBytes);
    device->synchronize();
    StepTimer timer(op);
    executor.set_observer(&timer);
    executor.run(feed);
    if (run >= 2) seconds.push_back(timer.total);
    timing.gflops = timer.cost.flops;
    timing.gbytes = timer.cost.bytes;
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  timing.median_ms = median * 1e3;
  timing.best_ms = seconds.front() * 1e3;
  timing.gflops /= median * 1e9;
  timing.gbytes /= median * 1e9;
  return timing;
}

std::vector<OpCase> bench_cases(const OpRegistry::Entry& entry) {
  std::vector<OpCase> cases;
  if (entry.cases) cases = entry.cases();
  std::erase_if(cases, [](const OpCase& one) { return one.tag != CaseTag::bench; });
  return cases;
}

void check_op(const OpRegistry& ops, const std::string& op) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : ops.entries()) {
    if (!bench_cases(entry).empty()) names.push_back(name);
  }
  if (op.empty() || std::find(names.begin(), names.end(), op) != names.end()) return;
  throw Error(ErrorKind::usage, text("no op '", op, "' with bench cases", did_you_mean(op, names), "; there are: ", join(names)));
}

int run_benchmarks(const Flags& flags) {
  const OpRegistry ops = kernels::all_ops();
  check_op(ops, flags.op);
  apps::check_output_files({{"--json", flags.json}});
  const DeviceChoice choice = flags.device.open();
  std::cout << choice.line << "\n";
  nlohmann::ordered_json report = {{"device", choice.device->description()}, {"repeats", flags.repeats}, {"rows", nlohmann::json::array()}};
  for (const auto& [op, entry] : ops.entries()) {
    if (!flags.op.empty() && flags.op != op) continue;
    for (const OpCase& one : bench_cases(entry)) {
      for (const KernelImpl* impl : ops.impls(op, choice.device->kind())) {
        if (impl->name == "reference") continue;  // the oracle, not a contender
        const Timing timing = measure(ops, choice.device, op, one, *impl, flags);
        if (!timing.refused.empty()) {
          std::cout << op << " " << one.name << " " << timing.impl << ": does not apply\n";
          apps::flush_output();
          continue;
        }
        std::cout << op << " " << one.name << " " << timing.impl << ": " << text(timing.median_ms) << " ms, " << text(timing.gflops)
                  << " GFLOP/s, " << text(timing.gbytes) << " GB/s\n";
        apps::flush_output();
        report["rows"].push_back({{"op", op},
                                  {"case", one.name},
                                  {"impl", timing.impl},
                                  {"median_ms", timing.median_ms},
                                  {"best_ms", timing.best_ms},
                                  {"gflops", timing.gflops},
                                  {"gbytes_per_s", timing.gbytes}});
      }
    }
  }
  if (!flags.json.empty()) apps::write_text_file(flags.json, report.dump(2) + "\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("Times the implementations of ops on their bench cases.", "op_bench");
  Flags flags;
  flags.device.add_to(cli);
  cli.add_option("--op", flags.op, "one op; all where absent");
  cli.add_option("--repeats", flags.repeats, "runs that count")->check(apps::whole_number(1, 10000))->capture_default_str();
  cli.add_option("--json", flags.json, "write the rows to this file")->check(apps::output_name());
  return apps::run(cli, argc, argv, [&] { return run_benchmarks(flags); });
}

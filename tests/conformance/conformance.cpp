// SPDX-License-Identifier: Apache-2.0
// Lists or runs the checks that follow from the cases of every op. Exit codes: 0 all passed, 1 something failed or is
// mistrusted, 2 a wrong flag, 77 nothing could run because there is no GPU.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "core/base/error.h"
#include "kernels/all_ops.h"
#include "tests/conformance/report.h"
#include "tests/testing/devices.h"

namespace {

using namespace lamina;
using namespace lamina::conformance;

constexpr int kSkipCode = 77;

DeviceKind device_from_name(const std::string& name) {
  for (const DeviceKind kind : {DeviceKind::cpu, DeviceKind::sim, DeviceKind::cuda}) {
    if (lamina::name_of(kind) == name) return kind;
  }
  throw Error(ErrorKind::usage, "no device '" + name + "'; there are: cpu, sim, cuda");
}

struct Flags {
  Filter filter;
  bool list = false, list_ops = false, json = false, verbose = false;
};

int run(const Flags& flags) {
  const Suite suite(kernels::all_ops());
  if (flags.list_ops) {
    for (const auto& [name, entry] : suite.ops().entries()) {
      if (!suite.cases(name).empty()) std::cout << name << "\n";
    }
    return 0;
  }
  const auto& devices = flags.filter.devices;
  const bool only_cuda = devices.size() == 1 && devices[0] == DeviceKind::cuda;
  if (only_cuda && !flags.list && !testing::has_cuda()) {
    std::cout << "skipped: no GPU\n";
    return kSkipCode;
  }
  Checks checks(suite);
  const std::vector<Row> rows = suite.rows(flags.filter);
  if (flags.list) {
    list_rows(rows, checks, flags.json, std::cout);
    return 0;
  }
  Report report(std::cout, flags.verbose);
  for (const Row& row : rows) {
    report.begin(row);
    report.end(row, checks.run(row));
  }
  report.print_totals(flags.json);
  return report.all_well() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  std::vector<std::string> modes, devices;
  CLI::App app{
      "Checks every implementation of every op: against the f64 reference, its gradient, itself, and the race checker"};
  app.add_option("--op", flags.filter.op, "only this op");
  app.add_option("--case", flags.filter.one, "only this case");
  app.add_option("--impl", flags.filter.impl, "only this implementation: tiled, sim/tiled or matmul/sim/tiled");
  app.add_option("--dtype", flags.filter.dtype, "only this type: f32, bf16, ...");
  app.add_option("--mode", modes, "parity, gradient, repeat, race, undeclared, symbolic; may be given more than once");
  app.add_option("--device", devices, "cpu, sim or cuda; may be given more than once");
  app.add_flag("--list", flags.list, "print the rows and their number instead of running them");
  app.add_flag("--list-ops", flags.list_ops, "print the ops that have cases");
  app.add_flag("--json", flags.json, "print rows and totals as JSON");
  app.add_flag("--verbose", flags.verbose, "print every row, before it runs");
  try {
    app.parse(argc, argv);
    if (!modes.empty()) flags.filter.modes.clear();
    for (const std::string& mode : modes) flags.filter.modes.push_back(mode_from_name(mode));
    for (const std::string& device : devices) flags.filter.devices.push_back(device_from_name(device));
    return run(flags);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const Error& error) {
    std::cerr << "conformance: " << error.what() << "\n";
    return error.exit_code();
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/run/step_profile.h"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <vector>

#include "core/compile/make_plan.h"
#include "core/graph/leaves.h"
#include "kernels/all_ops.h"
#include "kernels/matmul/matmul.h"

namespace lamina::yolov3 {
namespace {

constexpr int64_t kPeakSize = 2048;  // 17 GFLOP a run: far above any cost of launching
constexpr int kPeakRuns = 6;

void add(StepProfile::Row& row, const Step& step, double seconds) {
  row.seconds += seconds;
  row.flops += step.cost.flops;
  row.bytes += step.cost.bytes;
}

void print_rows(std::ostream& out, const char* title, const StepProfile::Rows& rows, int64_t runs, double peak_flops) {
  std::vector<std::pair<std::string, StepProfile::Row>> sorted(rows.begin(), rows.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  double total = 0;
  size_t width = std::string(title).size();
  for (const auto& [name, row] : sorted) {
    total += row.seconds;
    width = std::max(width, name.size());
  }
  const auto per_run = 1.0 / static_cast<double>(std::max<int64_t>(runs, 1));
  const auto column = [&](double value, int digits) { out << std::setw(10) << std::fixed << std::setprecision(digits) << value; };
  out << std::left << std::setw(static_cast<int>(width)) << title << std::right << "   ms/step   share %   GFLOP/s    % peak      GB/s\n";
  for (const auto& [name, row] : sorted) {
    out << std::left << std::setw(static_cast<int>(width)) << name << std::right;
    column(row.seconds * 1e3 * per_run, 3);
    column(100 * row.seconds / total, 1);
    column(row.flops / row.seconds * 1e-9, 1);
    column(100 * row.flops / row.seconds / peak_flops, 1);
    column(row.bytes / row.seconds * 1e-9, 1);
    out << "\n";
  }
  out << std::left << std::setw(static_cast<int>(width)) << "all" << std::right;
  column(total * 1e3 * per_run, 3);
  out << "\n";
}

struct TotalTime final : StepObserver {
  void on_step(const Step&, double step_seconds) override { seconds += step_seconds; }
  double seconds = 0;
};

}  // namespace

std::string layer_and_pass(const std::string& step_name) {
  constexpr std::string_view kGradient = "gradient/";
  std::string_view name = step_name;
  const bool backward = name.starts_with(kGradient);
  if (backward) name.remove_prefix(kGradient.size());
  const std::string_view layer = name.substr(0, name.find_first_of("/#"));
  const bool pass_of_a_layer = backward || (layer != "optimizer" && layer != "healthy" && layer != "loss");
  return std::string(layer) + (!pass_of_a_layer ? "" : backward ? " backward" : " forward");
}

void StepProfile::on_step(const Step& step, double seconds) {
  add(by_layer_[layer_and_pass(step.name)], step, seconds);
  add(by_impl_[step.impl.full_name()], step, seconds);
}

void StepProfile::print(std::ostream& out, double peak_flops) const {
  const std::ios_base::fmtflags flags = out.flags();
  const std::streamsize precision = out.precision();
  out << "profile of " << runs_ << " training steps; peak: " << std::fixed << std::setprecision(1) << peak_flops * 1e-9
      << " GFLOP/s, measured in a matrix product\n";
  print_rows(out, "implementation", by_impl_, runs_, peak_flops);
  out << "\n";
  print_rows(out, "layer and pass", by_layer_, runs_, peak_flops);
  out.flags(flags);
  out.precision(precision);
}

double measured_peak(const std::shared_ptr<Device>& device, int threads, DType type) {
  const Value a = input_value("a", type, Shape{kPeakSize, kPeakSize}), b = input_value("b", type, Shape{kPeakSize, kPeakSize});
  Graph graph;
  graph.outputs.push_back({"product", matmul(a, b)});
  PlanOptions options;
  options.device = device->kind();
  options.threads = threads;
  Executor executor(std::make_shared<const Plan>(make_plan(graph, {}, kernels::all_ops(), options)), device);
  const Extents square{kPeakSize, kPeakSize};
  const Feed feed = {{"a", HostTensor(type, square)}, {"b", HostTensor(type, square)}};
  double best = 0;
  for (int run = 0; run < kPeakRuns; ++run) {
    TotalTime timer;
    executor.set_observer(&timer);
    executor.run(feed);
    best = std::max(best, 2.0 * kPeakSize * kPeakSize * kPeakSize / timer.seconds);
  }
  return best;
}

}  // namespace lamina::yolov3

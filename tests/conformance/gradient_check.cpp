// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "core/compile/build_gradients.h"
#include "core/compile/make_plan.h"
#include "core/graph/pointwise.h"
#include "tests/testing/case_inputs.h"
#include "tests/testing/devices.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina::conformance {
namespace {

using testing::TracedCase;

constexpr double kStep = 1e-6;
constexpr double kAbsolute = 1e-6;  // PyTorch's gradcheck: 1e-5
constexpr double kRelative = 1e-5;  // PyTorch's gradcheck: 1e-3
constexpr double kKink = 1e-3;      // one-sided slopes of a smooth function differ by kStep times its second derivative

std::vector<Value> floating(const std::vector<Value>& values) {
  std::vector<Value> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept),
               [](const Value& value) { return is_floating(value.dtype()); });
  return kept;
}

Executor executor_of(const Graph& graph, const OpRegistry& ops, const PlanOptions& options) {
  return Executor(std::make_shared<const Plan>(make_plan(graph, {}, ops, options)), testing::device(options.device));
}

PlanOptions reference_options() {
  PlanOptions options;
  options.fuse = false;
  return options;
}

// The weighted sum of the outputs as a function of the inputs, in f64.
class WeightedSum {
 public:
  WeightedSum(const OpRegistry& ops, const OpCase& one, const ReferenceGradient& gradient)
      : gradient_(gradient),
        traced_(testing::trace_case(one, testing::input_types(one, DType::f64))),
        executor_(executor_of(graph(), testing::preferring(ops, DeviceKind::cpu, "reference"), reference_options())),
        feed_(feed_of(gradient, traced_)) {}

  // How much the sum changes from where `gradient` was taken when inputs of wrt are moved by `move`. Differences are
  // taken per output element, before they are summed, to lose fewer digits.
  double change(const std::function<void(size_t which, std::span<double> values)>& move) {
    Feed feed = feed_;
    for (size_t i = 0; i < gradient_.wrt.size(); ++i) move(i, feed.at(text("x", gradient_.wrt[i])).as<double>());
    const Feed outputs = executor_.run(feed);
    double sum = 0;
    for (size_t i = 0; i < gradient_.outputs.size(); ++i) {
      const HostTensor& moved = outputs.at(text("y", i));
      for (int64_t k = 0; k < moved.count(); ++k)
        sum += gradient_.weights[i].at(k) * (moved.at(k) - gradient_.outputs[i].at(k));
    }
    return sum;
  }

 private:
  Graph graph() const {
    Graph graph;
    const std::vector<Value> outputs = floating(traced_.outputs);
    for (size_t i = 0; i < outputs.size(); ++i) graph.outputs.push_back({text("y", i), outputs[i]});
    return graph;
  }

  const ReferenceGradient& gradient_;
  TracedCase traced_;
  Executor executor_;
  Feed feed_;
};

// Compares slopes with gradients and remembers the worst.
class SlopeCheck {
 public:
  void add(const std::string& what, double up, double down, double expected) {
    const double central = (up - down) / (2 * kStep);
    if (std::abs(up + down) / kStep > kKink * (1 + std::abs(central))) return;  // a kink
    ++smooth_;
    const double excess = std::abs(central - expected) / (kAbsolute + kRelative * std::abs(central));
    if (excess <= 1) return;
    if (!wrong_++ || !(excess <= worst_)) {
      worst_ = excess;
      message_ = text(what, ": the gradient is ", expected, ", differences give ", central);
    }
  }
  std::string verdict() const {
    if (wrong_) return text(wrong_, " of ", smooth_, " slopes differ, worst at ", message_);
    return smooth_ ? "" : "every point is a kink: no gradient was checked";
  }

 private:
  long smooth_ = 0, wrong_ = 0;
  double worst_ = 0;
  std::string message_;
};

}  // namespace

Graph gradient_graph(const TracedCase& traced, const std::vector<int>& wrt) {
  Graph graph;
  std::vector<Value> seeds, sources;
  const std::vector<Value> outputs = floating(traced.outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    graph.outputs.push_back({text("y", i), outputs[i]});
    seeds.push_back(input_value(text("w", i), outputs[i].dtype(), outputs[i].shape()));
  }
  for (const int input : wrt) sources.push_back(traced.inputs[static_cast<size_t>(input)]);
  const std::vector<Value> gradients = build_gradients(outputs, seeds, sources);
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (gradients[i].exists()) graph.outputs.push_back({text("g", i), gradients[i]});
  }
  return graph;
}

Feed feed_of(const ReferenceGradient& gradient, const TracedCase& traced) {
  Feed feed;
  for (size_t i = 0; i < gradient.inputs.size(); ++i)
    feed.emplace(text("x", i), gradient.inputs[i].cast(traced.inputs[i].dtype()));
  const std::vector<Value> outputs = floating(traced.outputs);
  for (size_t i = 0; i < outputs.size(); ++i) feed.emplace(text("w", i), gradient.weights[i].cast(outputs[i].dtype()));
  return feed;
}

std::string no_gradient_reason(const OpCase& one) {
  const auto differentiable = [](const CaseInput& input) { return input.differentiable && input.dtype == DType::f32; };
  if (std::none_of(one.inputs.begin(), one.inputs.end(), differentiable))
    return "no differentiable input of the case's type";
  const TracedCase traced = testing::trace_case(one, testing::input_types(one, DType::f64));
  const std::vector<Value> outputs = floating(traced.outputs);
  int64_t elements = 0;
  for (const Value& output : outputs) elements += output.shape().extents().count();
  return elements ? "" : "no output of floats";
}

ReferenceGradient reference_gradient(const OpRegistry& ops, const std::string& op, const OpCase& one) {
  ReferenceGradient reference;
  const std::vector<DType> narrow = testing::input_types(one, DType::f32), wide = testing::input_types(one, DType::f64);
  reference.inputs = testing::case_inputs(op, one, narrow);
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    reference.inputs[i] = reference.inputs[i].cast(wide[i]);
    if (one.inputs[i].differentiable && wide[i] == DType::f64) reference.wrt.push_back(static_cast<int>(i));
  }
  const TracedCase traced = testing::trace_case(one, wide);
  const std::vector<Value> outputs = floating(traced.outputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const HostTensor weights = testing::random_weights(op, one, outputs[i].shape().extents(), static_cast<uint32_t>(i));
    reference.weights.push_back(weights.cast(DType::f32).cast(DType::f64));
  }
  const Graph graph = gradient_graph(traced, reference.wrt);
  Feed results = executor_of(graph, testing::preferring(ops, DeviceKind::cpu, "reference"), reference_options())
                     .run(feed_of(reference, traced));
  for (size_t i = 0; i < outputs.size(); ++i) reference.outputs.push_back(results.at(text("y", i)).cast(DType::f64));
  for (size_t i = 0; i < reference.wrt.size(); ++i) {
    const auto found = results.find(text("g", i));
    const Extents& extents = one.inputs[static_cast<size_t>(reference.wrt[i])].extents;
    reference.gradients.push_back(found == results.end() ? HostTensor(DType::f64, extents) : found->second);
    reference.flows = reference.flows || found != results.end();
  }
  return reference;
}

std::string check_by_differences(const OpRegistry& ops, const std::string& op, const OpCase& one,
                                 const ReferenceGradient& gradient) {
  WeightedSum sum(ops, one, gradient);
  SlopeCheck slopes;
  const auto slope = [&](const std::string& what, const auto& direction, double expected) {
    const auto moved_by = [&](double step) {
      return sum.change([&](size_t which, std::span<double> values) { direction(which, values, step); });
    };
    slopes.add(what, moved_by(kStep), moved_by(-kStep), expected);
  };
  for (size_t i = 0; i < gradient.wrt.size(); ++i) {
    const int64_t count = gradient.gradients[i].count();
    const int64_t stride = std::max<int64_t>(1, (count + kMaxMoved - 1) / kMaxMoved);
    for (int64_t k = 0; k < count; k += stride) {
      slope(
          text("element ", k, " of input ", gradient.wrt[i]),
          [&](size_t which, std::span<double> values, double step) {
            if (which == i) values[static_cast<size_t>(k)] += step;
          },
          gradient.gradients[i].at(k));
    }
  }
  std::vector<HostTensor> directions;
  double along = 0;
  for (size_t i = 0; i < gradient.wrt.size(); ++i) {
    directions.push_back(
        testing::random_weights(op, one, gradient.gradients[i].extents(), 100 + static_cast<uint32_t>(i)));
    for (int64_t k = 0; k < directions[i].count(); ++k) along += directions[i].at(k) * gradient.gradients[i].at(k);
  }
  slope(
      "a step along a random direction",
      [&](size_t which, std::span<double> values, double step) {
        for (size_t k = 0; k < values.size(); ++k) values[k] += step * directions[which].at(static_cast<int64_t>(k));
      },
      along);
  return slopes.verdict();
}

std::string check_implementation(const OpRegistry& ops, const OpCase& one, const KernelImpl& impl,
                                 const ReferenceGradient& gradient) {
  const TracedCase traced = testing::trace_case(one, testing::input_types(one, DType::f32));
  const Graph graph = gradient_graph(traced, gradient.wrt);
  const OpRegistry preferred = testing::preferring(ops, impl.device, impl.name);
  for (const bool fuse : {false, true}) {
    PlanOptions options;
    options.device = impl.device;
    options.threads = 2;
    options.fuse = fuse;
    Executor executor = executor_of(graph, preferred, options);
    const Feed results = executor.run(feed_of(gradient, traced));
    double flops = 0;
    int64_t elements = 0;
    for (const Step& step : executor.plan().steps) flops += step.cost.flops;
    for (const auto& [name, tensor] : results) elements += tensor.count();
    const auto terms = static_cast<int64_t>(flops) / std::max<int64_t>(1, elements);
    const auto compare = [&](const std::string& name, const HostTensor& expected) {
      const auto found = results.find(name);
      const HostTensor actual = found == results.end() ? HostTensor(DType::f32, expected.extents()) : found->second;
      const std::string why = testing::difference(actual, expected, testing::tolerance_for(actual.dtype(), terms));
      return why.empty() ? "" : text(name, fuse ? " (fused)" : "", ": ", why);
    };
    for (size_t i = 0; i < gradient.outputs.size(); ++i) {
      if (std::string why = compare(text("y", i), gradient.outputs[i]); !why.empty()) return why;
    }
    for (size_t i = 0; i < gradient.gradients.size(); ++i) {
      if (std::string why = compare(text("g", i), gradient.gradients[i]); !why.empty()) return why;
    }
  }
  return "";
}

}  // namespace lamina::conformance

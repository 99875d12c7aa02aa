// SPDX-License-Identifier: Apache-2.0
#include "layers/model/step_runner.h"

#include <algorithm>

#include "core/compile/signature.h"
#include "core/graph/leaves.h"

namespace lamina {

StepRunner::StepRunner(Graph graph, std::shared_ptr<const OpRegistry> ops, std::shared_ptr<Device> device, PlanOptions options)
    : graph_(std::move(graph)), ops_(std::move(ops)), device_(std::move(device)), options_(std::move(options)) {}

bool StepRunner::needs(const std::string& input) const {
  const auto nodes = graph_.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const auto& node) { return node->op == &input_op() && input_of(*node).name == input; });
}

Executor& StepRunner::executor_for(const Feed& feed) {
  std::map<std::string, Extents> shapes;
  for (const auto& [name, tensor] : feed) shapes.emplace(name, tensor.extents());
  const SymbolBindings signature = signature_of(graph_, shapes);
  const auto known = std::find_if(executors_.begin(), executors_.end(), [&](const auto& entry) { return entry.first == signature; });
  if (known != executors_.end()) {
    executors_.splice(executors_.begin(), executors_, known);
  } else {
    auto plan = std::make_shared<const Plan>(make_plan(graph_, signature, *ops_, options_));
    if (executors_.size() == kMaxPlans) executors_.pop_back();
    executors_.emplace_front(signature, executor_of(plan));
  }
  return *executors_.front().second;
}

// Arenas of other shapes make room, the least recently used first: only one runs at a time.
std::unique_ptr<Executor> StepRunner::executor_of(const std::shared_ptr<const Plan>& plan) {
  for (;;) {
    try {
      return std::make_unique<Executor>(plan, device_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::device || executors_.empty()) throw;
      executors_.pop_back();
    }
  }
}

Feed StepRunner::run(const Feed& feed) {
  Executor& executor = executor_for(feed);
  executor.set_observer(observer_);
  return executor.run(feed);
}

const Plan& StepRunner::plan_for(const Feed& feed) { return executor_for(feed).plan(); }

}  // namespace lamina

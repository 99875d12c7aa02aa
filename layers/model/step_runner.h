// SPDX-License-Identifier: Apache-2.0
// One graph, run for whatever shapes come: a plan and an executor per signature, made at its first batch and kept (the
// last short batch of an epoch, several picture sizes, sequences of different lengths).
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "core/compile/make_plan.h"
#include "core/exec/executor.h"

namespace lamina {

class StepRunner {
 public:
  static constexpr size_t kMaxPlans = 32;  // the least recently used goes; each holds an arena

  StepRunner(Graph graph, std::shared_ptr<const OpRegistry> ops, std::shared_ptr<Device> device, PlanOptions options);

  // Throws where an input of the graph is missing in `feed` or has another shape or type.
  Feed run(const Feed& feed);

  const Graph& graph() const { return graph_; }
  bool needs(const std::string& input) const;
  size_t plans() const { return executors_.size(); }

  // The plan for the shapes of `feed`, or of the batch that ran last where none is given.
  const Plan& plan_for(const Feed& feed);
  const Plan* last_plan() const { return executors_.empty() ? nullptr : &executors_.front().second->plan(); }

  void set_observer(StepObserver* observer) { observer_ = observer; }

 private:
  Executor& executor_for(const Feed& feed);
  std::unique_ptr<Executor> executor_of(const std::shared_ptr<const Plan>& plan);

  Graph graph_;
  std::shared_ptr<const OpRegistry> ops_;
  std::shared_ptr<Device> device_;
  PlanOptions options_;
  std::list<std::pair<SymbolBindings, std::unique_ptr<Executor>>> executors_;  // most recently used first
  StepObserver* observer_ = nullptr;
};

}  // namespace lamina

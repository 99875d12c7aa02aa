// SPDX-License-Identifier: Apache-2.0
// Walks a plan on a device: no look-ups, no allocation and no recompilation between the first and the last step. On a
// device that can capture, the second run is recorded and later ones are replayed as one piece of work.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/plan/plan.h"
#include "core/runtime/device.h"
#include "core/tensor/host_tensor.h"

namespace lamina {

using Feed = std::map<std::string, HostTensor>;  // tensors by input or output name

// Sees every step of a run, in order. With an observer the device is synchronised after each step.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void on_step(const Step& step, double seconds) = 0;
};

class Executor {
 public:
  // Allocates the arena, the input buffers and the constants, and places the variables of the plan on `device`.
  Executor(std::shared_ptr<const Plan> plan, std::shared_ptr<Device> device);
  ~Executor();

  // Copies the plan's inputs from `feed` (extra names are ignored; a missing one, another shape or type throws), runs
  // the steps, and returns the plan's outputs by name.
  Feed run(const Feed& feed);

  void set_observer(StepObserver* observer) { observer_ = observer; }
  const Plan& plan() const { return *plan_; }
  const std::shared_ptr<Device>& device() const { return device_; }

 private:
  // The arguments of one step as pointers, so that launching is a loop.
  struct Bound {
    std::vector<TensorView> inputs;
    std::vector<TensorView> outputs;
    void* workspace = nullptr;
    std::vector<int> starting;  // slots whose life begins or ends with this step, where slots are checked
    std::vector<int> ending;
  };

  void allocate();
  void place_variables();
  void bind();
  void run_steps();
  void run_observed();
  void launch(size_t index);
  void upload_inputs(const Feed& feed);

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<Device> device_;
  std::vector<Buffer> buffers_;
  std::vector<void*> addresses_;  // of each slot
  std::vector<Bound> bound_;
  std::unique_ptr<CapturedWork> captured_;
  bool has_run_ = false;
  StepObserver* observer_ = nullptr;
};

}  // namespace lamina

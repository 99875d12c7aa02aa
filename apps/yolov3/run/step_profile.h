// SPDX-License-Identifier: Apache-2.0
// Where the time of training steps goes: an observer that adds up the steps of a plan by layer and pass, and a table of it
// beside the arithmetic that each did and the highest rate that this machine reached in a large matrix product.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "core/base/dtype.h"
#include "core/exec/executor.h"

namespace lamina::yolov3 {

class StepProfile final : public StepObserver {
 public:
  void on_step(const Step& step, double seconds) override;
  void count_run() { ++runs_; }  // after each whole run, so that the table shows times of one

  struct Row {
    double seconds = 0;  // of all runs
    double flops = 0;
    double bytes = 0;
  };
  using Rows = std::map<std::string, Row>;

  const Rows& by_layer() const { return by_layer_; }  // "conv_0 forward", "conv_0 backward", "optimizer"
  const Rows& by_impl() const { return by_impl_; }    // "conv2d/cpu/onednn"
  int64_t runs() const { return runs_; }

  // The longest first. `peak_flops`: what measured_peak gave.
  void print(std::ostream& out, double peak_flops) const;

 private:
  Rows by_layer_, by_impl_;
  int64_t runs_ = 0;
};

// "conv_0 forward" of a step named "conv_0/conv2d#3", "conv_0 backward" of "gradient/conv_0/...": the layer and its pass.
std::string layer_and_pass(const std::string& step_name);

// Floating point operations per second in a product of 2048 x 2048 matrices of `type` on `device`: the best of several runs.
double measured_peak(const std::shared_ptr<Device>& device, int threads, DType type);

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Device memory of sim for a test, from and to vectors, and the options a checked test runs under.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"

namespace lamina {

template <class T>
class SimBuffer {
 public:
  explicit SimBuffer(const std::vector<T>& values) : SimBuffer(values.size()) {
    device_->upload(buffer_.data(), values.data(), values.size() * sizeof(T));
  }
  explicit SimBuffer(size_t count) : count_(count), buffer_(device_->allocate(count * sizeof(T), "test data")) {}

  T* data() const { return static_cast<T*>(buffer_.data()); }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    device_->download(result.data(), buffer_.data(), count_ * sizeof(T));
    return result;
  }

 private:
  std::shared_ptr<Device> device_ = make_sim_device();
  size_t count_;
  Buffer buffer_;
};

// Each test runs in the natural order and in four shuffled ones, checked where the build can: a fault throws.
class OnSim : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    set_sim_options(
        {sim_checks_available() ? SimChecks::faults : SimChecks::off, static_cast<uint64_t>(GetParam()), 1});
  }
  void TearDown() override { set_sim_options({}); }
};

}  // namespace lamina

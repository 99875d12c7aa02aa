// SPDX-License-Identifier: Apache-2.0
#include "core/io/named_tensors.h"

#include <gtest/gtest.h>

#include "tests/core/io/io_testing.h"

namespace lamina {
namespace {

NamedTensors two() {
  return {{{"conv1/kernel", HostTensor::scalar(1.0f)}, {"conv1/bias", HostTensor::scalar(2.0f)}}, {}};
}

TEST(NamedTensors, FindsATensorByName) {
  const NamedTensors tensors = two();
  EXPECT_EQ(tensors.at("conv1/bias").at(0), 2.0);
  EXPECT_EQ(tensors.find("conv1/kernel"), &tensors.tensors[0].tensor);
  EXPECT_EQ(tensors.find("conv1"), nullptr);
  EXPECT_EQ(tensors.names(), (std::vector<std::string>{"conv1/kernel", "conv1/bias"}));
}

TEST(NamedTensors, SuggestsTheNearestName) {
  testing::expect_error(ErrorKind::model,
                        {"no tensor \"conv1/kernels\" among the 2 of the file (did you mean 'conv1/kernel'?)"},
                        [] { two().at("conv1/kernels"); });
  testing::expect_error(ErrorKind::model, {"no tensor \"zzz\" among the 2 of the file"}, [] { two().at("zzz"); });
}

}  // namespace
}  // namespace lamina

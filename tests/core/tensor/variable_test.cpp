// SPDX-License-Identifier: Apache-2.0
// What a variable takes, and that it refuses the rest by name.
#include "core/tensor/variable.h"

#include <gtest/gtest.h>

#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

TEST(Variable, HoldsItsContentsOnTheHostAndOnADevice) {
  for (const DeviceKind kind : testing::available_devices()) {
    Variable kernel("kernel", DType::f32, {2}, true);
    EXPECT_FALSE(kernel.is_set());
    kernel.assign(HostTensor::of<float>({2}, {1, 2}));
    EXPECT_TRUE(kernel.is_set());
    EXPECT_EQ(kernel.read().at(1), 2);
    const void* place = kernel.place(testing::device(kind));
    EXPECT_EQ(kernel.place(testing::device(kind)), place);
    EXPECT_EQ(kernel.read().at(1), 2);
    kernel.assign(HostTensor::of<float>({2}, {3, 4}));
    EXPECT_EQ(kernel.read().at(1), 4);
  }
}

TEST(Variable, RefusesOtherShapesAndTypesAndToBeReadUnset) {
  Variable kernel("kernel", DType::f32, {2, 3}, true);
  expect_error(ErrorKind::model, "variable 'kernel' has no contents yet; compile or load weights first", [&] { kernel.read(); });
  expect_error(ErrorKind::model, "variable 'kernel' has shape (2, 3), assigned was (3, 2)",
               [&] { kernel.assign(HostTensor(DType::f32, {3, 2})); });
  expect_error(ErrorKind::model, "variable 'kernel' holds f32, assigned was i32", [&] { kernel.assign(HostTensor(DType::i32, {2, 3})); });
  EXPECT_FALSE(kernel.is_set());
}

}  // namespace
}  // namespace lamina

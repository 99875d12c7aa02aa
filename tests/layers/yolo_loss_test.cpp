// SPDX-License-Identifier: Apache-2.0
// The YOLO loss as keras-yolo3 trains with it: a Lambda over all outputs and y_true, whose output is the loss.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layers/lamina.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/golden.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using testing::expect_error;

const losses::YoloLossOptions kOptions{.anchors = {{{50, 40}, {45, 60}}, {{20, 18}, {14, 25}}}, .strides = {32, 16}};
constexpr int64_t kChannels = 5 + 3;

HostTensor wave(const Extents& extents, double step) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(static_cast<float>(std::sin(step * static_cast<double>(i + 1))));
  return HostTensor::of<float>(extents, values);
}

// One object a picture, of class 1 at the middle of cell (1, 1), by the first anchor.
HostTensor one_object(int64_t rows, int64_t columns, float width, float height) {
  HostTensor y_true(DType::f32, {2, rows, columns, 2, kChannels});
  for (int64_t picture = 0; picture < 2; ++picture) {
    float* const y = y_true.as<float>().data() + ((picture * rows + 1) * columns + 1) * 2 * kChannels;
    y[0] = 1.5f / static_cast<float>(columns), y[1] = 1.5f / static_cast<float>(rows);
    y[2] = width, y[3] = height, y[4] = 1, y[6] = 1;
  }
  return y_true;
}

// Two pictures whose coarse grid is rows x columns; the fine one has twice as many of each.
Tensors pictures(int64_t rows, int64_t columns) {
  return {{"coarse", wave({2, rows, columns, 4}, 0.7)},
          {"fine", wave({2, 2 * rows, 2 * columns, 4}, 1.3)},
          {"coarse_true", one_object(rows, columns, 0.4f, 0.7f)},
          {"fine_true", one_object(2 * rows, 2 * columns, 0.2f, 0.3f)}};
}

const Tensors kData = pictures(2, 3);

// Rows and columns of a grid, or a symbol for each.
Shape grid(const std::string& name, bool of_any_size, int64_t rows, int64_t columns) {
  return of_any_size ? Shape{Dim::symbol(name + ".rows"), Dim::symbol(name + ".columns")} : Shape{rows, columns};
}

Value input(const std::string& name, Shape shape, std::initializer_list<Dim> channels) {
  for (const Dim& dim : channels) shape.push_back(dim);
  return Input(shape, {.name = name});
}

Model detector(const LambdaOptions& lambda, bool of_any_size = false, int64_t rows = 2, int64_t columns = 3) {
  const Value coarse = input("coarse", grid("coarse", of_any_size, rows, columns), {4});
  const Value fine = input("fine", grid("fine", of_any_size, 2 * rows, 2 * columns), {4});
  const Value coarse_true = input("coarse_true", grid("coarse_true", of_any_size, rows, columns), {2, kChannels});
  const Value fine_true = input("fine_true", grid("fine_true", of_any_size, 2 * rows, 2 * columns), {2, kChannels});
  const Lambda loss([](const std::vector<Value>& v) { return losses::yolo_loss(v, kOptions); }, lambda);
  const Value y1 = Dense(2 * kChannels, {.name = "y1"})(coarse), y2 = Dense(2 * kChannels, {.name = "y2"})(fine);
  Model model({coarse, fine, coarse_true, fine_true}, {loss({y1, y2, coarse_true, fine_true})});
  const Extents kernel{4, 2 * kChannels}, bias{2 * kChannels};
  model.set_weights({wave(kernel, 0.3), wave(bias, 0.9), wave(kernel, 0.5), wave(bias, 1.1)});
  return model;
}

void compile(Model& model, std::string_view device, Policy policy = Policy::float32) {
  model.compile({.optimizer = sgd({.learning_rate = 0.01}),
                 .loss = {{"yolo_loss", [](Value, Value y_pred) { return y_pred; }}},
                 .device = std::string(device),
                 .policy = policy});
}

const LambdaOptions kExact{.name = "yolo_loss", .compute_type = DType::f32};

TEST(YoloLossLambda, TrainsEquallyOnEveryDevice) {
  std::vector<HostTensor> of_cpu;
  double loss_of_cpu = 0;
  for (const DeviceKind device : testing::available_devices()) {
    Model model = detector(kExact);
    compile(model, name_of(device));
    const double before = *model.train_on_batch(kData).get("loss"), after = *model.train_on_batch(kData).get("loss");
    EXPECT_LT(after, before) << name_of(device);
    const std::vector<HostTensor> weights = model.get_weights();
    if (of_cpu.empty()) of_cpu = weights, loss_of_cpu = after;
    EXPECT_TRUE(testing::is_golden(after, loss_of_cpu)) << name_of(device);
    for (size_t i = 0; i < weights.size(); ++i) {
      EXPECT_TRUE(testing::is_golden(weights[i], of_cpu[i])) << name_of(device) << ", weight " << i;
    }
  }
}

TEST(YoloLossLambda, IsWhatPredictGivesOncePerBatch) {
  Model model = detector(kExact);
  compile(model, "cpu");
  const HostTensor predicted = model.predict(kData);
  EXPECT_EQ(predicted.extents(), (Extents{1}));
  EXPECT_FLOAT_EQ(static_cast<float>(predicted.at(0)), static_cast<float>(*model.test_on_batch(kData).get("loss")));
}

TEST(YoloLossLambda, TakesPicturesOfAnySize) {
  Model any = detector(kExact, true);
  compile(any, "cpu");
  for (const auto& [rows, columns] : {std::pair{2, 3}, {3, 2}, {4, 4}}) {
    Model fixed = detector(kExact, false, rows, columns);
    compile(fixed, "cpu");
    const Tensors data = pictures(rows, columns);
    EXPECT_EQ(*any.test_on_batch(data).get("loss"), *fixed.test_on_batch(data).get("loss")) << rows << " x " << columns;
  }
  Tensors mixed = {{"coarse", wave({2, 3, 2, 4}, 0.7)}, {"fine", wave({2, 4, 6, 4}, 1.3)},
                   {"coarse_true", one_object(2, 3, 0.4f, 0.7f)}, {"fine_true", one_object(4, 6, 0.2f, 0.3f)}};
  expect_error(ErrorKind::model,
               "[yolo_loss] node \"yolo_loss/yolo_loss\": raw (2, 3, 2, 16), y_true (2, 2, 3, 2, 8) and 2 anchors do not go "
               "together: y_true must be raw with its channels split into anchors x (5 + classes)",
               [&] { any.test_on_batch(mixed); });
}

TEST(YoloLossLambda, TrainsUnderMixedPrecisionWhereItComputesInF32) {
  for (const DeviceKind device : testing::available_devices()) {
    Model model = detector(kExact), wide = detector(kExact);
    compile(model, name_of(device), Policy::mixed_bfloat16);
    compile(wide, name_of(device));
    const double before = *model.train_on_batch(kData).get("loss"), expected = *wide.train_on_batch(kData).get("loss");
    EXPECT_NEAR(before, expected, 0.02 * expected) << name_of(device);
    EXPECT_LT(*model.train_on_batch(kData).get("loss"), before) << name_of(device);
  }
}

TEST(YoloLossLambda, RefusesObjectsInSixteenBits) {
  Model model = detector({.name = "yolo_loss"});
  try {
    compile(model, "cpu", Policy::mixed_bfloat16);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_THAT(error.what(), HasSubstr("give a Lambda .compute_type = DType::f32"));
  }
}

}  // namespace
}  // namespace lamina

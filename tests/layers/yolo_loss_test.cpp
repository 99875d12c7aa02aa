// SPDX-License-Identifier: Apache-2.0
// The YOLO loss as keras-yolo3 trains with it: a Lambda over all outputs and y_true, whose output is the loss.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layers/lamina.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;

const losses::YoloLossOptions kOptions{.anchors = {{{50, 40}, {45, 60}}, {{20, 18}, {14, 25}}}, .strides = {32, 16}};
constexpr int64_t kChannels = 5 + 3;

HostTensor wave(const Extents& extents, double step) {
  HostTensor tensor(DType::f32, extents);
  for (int64_t i = 0; i < tensor.count(); ++i) tensor.as<float>()[static_cast<size_t>(i)] = static_cast<float>(std::sin(step * static_cast<double>(i + 1)));
  return tensor;
}

// One object a picture, of class 1 at the middle of cell (1, 1), by the first anchor.
HostTensor one_object(int64_t rows, int64_t columns, float width, float height) {
  HostTensor y_true(DType::f32, {2, rows, columns, 2, kChannels});
  for (int64_t picture = 0; picture < 2; ++picture) {
    float* const y = y_true.as<float>().data() + ((picture * rows + 1) * columns + 1) * 2 * kChannels;
    y[0] = 1.5f / static_cast<float>(columns), y[1] = 1.5f / static_cast<float>(rows), y[2] = width, y[3] = height, y[4] = 1, y[6] = 1;
  }
  return y_true;
}

const Tensors kData{{"coarse", wave({2, 2, 3, 4}, 0.7)}, {"fine", wave({2, 4, 6, 4}, 1.3)},
                    {"coarse_true", one_object(2, 3, 0.4f, 0.7f)}, {"fine_true", one_object(4, 6, 0.2f, 0.3f)}};

Model detector(const LambdaOptions& lambda) {
  const Value coarse = Input({2, 3, 4}, {.name = "coarse"}), fine = Input({4, 6, 4}, {.name = "fine"});
  const Value coarse_true = Input({2, 3, 2, kChannels}, {.name = "coarse_true"});
  const Value fine_true = Input({4, 6, 2, kChannels}, {.name = "fine_true"});
  const Lambda loss([](const std::vector<Value>& v) { return losses::yolo_loss(v, kOptions); }, lambda);
  const Value y1 = Dense(2 * kChannels, {.name = "y1"})(coarse), y2 = Dense(2 * kChannels, {.name = "y2"})(fine);
  Model model({coarse, fine, coarse_true, fine_true}, {loss({y1, y2, coarse_true, fine_true})});
  model.set_weights({wave({4, 2 * kChannels}, 0.3), wave({2 * kChannels}, 0.9), wave({4, 2 * kChannels}, 0.5), wave({2 * kChannels}, 1.1)});
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
    for (size_t i = 0; i < weights.size(); ++i) EXPECT_TRUE(testing::is_golden(weights[i], of_cpu[i])) << name_of(device) << ", weight " << i;
  }
}

TEST(YoloLossLambda, IsWhatPredictGivesOncePerBatch) {
  Model model = detector(kExact);
  compile(model, "cpu");
  const HostTensor predicted = model.predict(kData);
  EXPECT_EQ(predicted.extents(), (Extents{1}));
  EXPECT_FLOAT_EQ(static_cast<float>(predicted.at(0)), static_cast<float>(*model.test_on_batch(kData).get("loss")));
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

// SPDX-License-Identifier: Apache-2.0
// Layers over pictures: what users read who make them wrongly, and a small network that learns a batch on every device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/layers/small_models.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;
using testing::same_bits;
using testing::wave;

Value picture() { return Input({8, 6, 3}, {.name = "picture"}); }

TEST(PictureLayers, NameTheOptionThatIsWrong) {
  expect_error(ErrorKind::model, "[Conv2D] filters must be positive, got 0", [] { Conv2D(0, 3); });
  expect_error(ErrorKind::model, "[Conv2D] the size of the window must be at least 1, got (3, 0)", [] { Conv2D(4, {3, 0}); });
  expect_error(ErrorKind::model, "[Conv2D] strides must be at least 1, got (0, 0)", [] { Conv2D(4, 3, {.strides = 0}); });
  expect_error(ErrorKind::model, "[Conv2D] padding must be 'valid', 'same' or margins, got 'sane' (did you mean 'same'?)",
               [] { Conv2D(4, 3, {.padding = "sane"}); });
  expect_error(ErrorKind::model, "[MaxPooling2D] margins must not be negative, got ((-1, 0), (0, 0))",
               [] { MaxPooling2D(2, {.padding = Margins({-1, 0}, {0, 0})}); });
  expect_error(ErrorKind::model, "[UpSampling2D] interpolation can be 'nearest' alone, got 'bilinear'",
               [] { UpSampling2D(2, {.interpolation = "bilinear"}); });
  expect_error(ErrorKind::model, "[UpSampling2D] size must be at least 1, got (0, 2)", [] { UpSampling2D({0, 2}); });
  expect_error(ErrorKind::model, "[ZeroPadding2D] margins must not be negative, got ((1, -2), (0, 0))",
               [] { ZeroPadding2D({{1, -2}, {0, 0}}); });
}

TEST(PictureLayers, NameTheInputThatDoesNotFit) {
  expect_error(ErrorKind::model, "[layer] node \"conv2d/layer\": [Conv2D] takes (batch, height, width, channels), got (batch, 4)",
               [] { Conv2D(4, 3)(Input({4}, {.name = "row"})); });
  expect_error(ErrorKind::model, "[layer] node \"conv2d/layer\": [Conv2D] the channels of the input must be known, got (batch, 4, 4, c)",
               [] { Conv2D(4, 3)(Input({4, 4, Dim::symbol("c")}, {.name = "x"})); });
  expect_error(ErrorKind::model, "[layer] node \"max_pooling2d/layer\": [MaxPooling2D] takes one input, got 2",
               [] { MaxPooling2D()({picture(), picture()}); });
  EXPECT_THROW(Conv2D(4, 9)(picture()), Error) << "the window is larger than the picture";
}

struct ConvNet {
  Conv2D first = Conv2D(4, 3, {.name = "first", .padding = "same", .kernel_regularizer = l2(0.01)});
  Model model() const {
    Value x = LeakyReLU(0.1)(first(in));
    x = MaxPooling2D(2)(x);
    x = LeakyReLU(0.1)(Conv2D(6, 3, {.strides = 2, .padding = Padding2D({1, 0}, {1, 0})})(x));
    return Model({in}, {Dense(2, {.name = "out"})(Flatten()(UpSampling2D(2)(x)))});
  }
  Value in = picture();
};

CompileOptions options(const char* device) { return {.optimizer = adam({.learning_rate = 0.01}), .loss = "mse", .device = device, .seed = 5}; }

TEST(PictureLayers, LearnABatchAlikeOnEveryDevice) {
  const HostTensor x = wave({4, 8, 6, 3}, 0.7), y = wave({4, 2}, 1.3);
  std::vector<double> curve;
  for (const DeviceKind kind : testing::available_devices()) {
    Model model = ConvNet().model();
    model.compile(options(std::string(name_of(kind)).c_str()));
    const History history = model.fit(x, y, {.epochs = 100, .shuffle = false, .verbose = 0});
    const std::vector<double>& losses = history.at("loss");
    EXPECT_LT(losses.back(), 0.35 * losses.front()) << name_of(kind);
    if (curve.empty()) curve = losses;
    for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], curve[i], 2e-3 * losses.front()) << name_of(kind) << " epoch " << i;
  }
}

TEST(PictureLayers, FrozenConvolutionsKeepTheirWeightsAndPenalty) {
  const HostTensor x = wave({4, 8, 6, 3}, 0.7), y = wave({4, 2}, 1.3);
  ConvNet net;
  Model model = net.model();
  model.compile(options("cpu"));
  const double with_penalty = model.test_on_batch(x, y).at("loss");
  net.first.set_trainable(false);
  model.compile(options("cpu"));
  EXPECT_LT(model.test_on_batch(x, y).at("loss"), with_penalty);
  const HostTensor before = net.first.weights()[0];
  model.train_on_batch(x, y);
  EXPECT_TRUE(same_bits(net.first.weights()[0], before));
}

TEST(PictureLayers, TrainAtEverySizeThatComes) {
  const Value in = Input({Dim::symbol("height"), Dim::symbol("width"), 3}, {.name = "picture"});
  const Value pooled = GlobalAveragePooling2D()(Conv2D(4, 3, {.padding = "same", .activation = "relu"})(in));
  Model model({in}, {Dense(2, {.name = "out"})(pooled)});
  model.compile(options("cpu"));
  const HostTensor y = wave({4, 2}, 1.3);
  EXPECT_TRUE(std::isfinite(model.train_on_batch(wave({4, 8, 6, 3}, 0.7), y).at("loss")));
  EXPECT_TRUE(std::isfinite(model.train_on_batch(wave({4, 12, 10, 3}, 0.7), y).at("loss")));
}

}  // namespace
}  // namespace lamina

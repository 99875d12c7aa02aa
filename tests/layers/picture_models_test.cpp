// SPDX-License-Identifier: Apache-2.0
// Layers over pictures in models: training, freezing, pictures of several sizes; their names and shapes.
#include <gtest/gtest.h>

#include "tests/layers/small_models.h"
#include "tests/testing/devices.h"

namespace lamina {
namespace {

using testing::same_bits;
using testing::wave;

// Four pictures of 8 x 8 with 2 channels, each of its own class.
const HostTensor kPictures = wave({4, 8, 8, 2}, 0.37);
const HostTensor kClasses = HostTensor::of<float>({4, 4}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});

struct PictureLayers {
  Value picture = Input({8, 8, 2}, {.name = "picture"});
  Conv2D first = Conv2D(8, 3, {.name = "first", .padding = "same", .kernel_regularizer = l2(0.01)});
  Conv2D second = Conv2D(8, 3, {.name = "second", .strides = 2, .padding = {{1, 0}, {1, 0}}});
  Model model() const {
    Value y = LeakyReLU(0.1)(first(picture));
    y = MaxPooling2D()(y);
    y = LeakyReLU(0.1)(second(y));
    y = Dense(4, {.name = "class", .activation = "softmax"})(Flatten()(y));
    return Model({picture}, {y});
  }
};

CompileOptions options(std::string device = "cpu") {
  return {.optimizer = adam({.learning_rate = 0.01}), .loss = "categorical_crossentropy", .device = std::move(device), .seed = 5};
}

TEST(PictureModel, OverfitsABatchAlikeOnEveryDevice) {
  constexpr int kSteps = 60;
  std::vector<double> first_losses;
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    Model model = PictureLayers().model();
    model.compile(options(std::string(name_of(device))));
    std::vector<double> losses;
    for (int step = 0; step < kSteps; ++step) losses.push_back(*model.train_on_batch(kPictures, kClasses).get("loss"));
    EXPECT_GT(losses.front(), 1.0);
    EXPECT_LT(losses.back(), 0.2 * losses.front());
    if (first_losses.empty()) first_losses = losses;
    for (size_t step = 0; step < losses.size(); ++step) EXPECT_NEAR(losses[step], first_losses[step], 1e-4) << "step " << step;
  }
}

TEST(PictureModel, TrainsInBfloat16AndKeepsWeightsInFloat32) {
  Model model = PictureLayers().model(), exact = PictureLayers().model();
  exact.compile(options());
  CompileOptions mixed = options();
  mixed.policy = Policy::mixed_bfloat16;
  model.compile(std::move(mixed));
  double loss = 0, exact_loss = 0;
  for (int step = 0; step < 20; ++step) {
    loss = *model.train_on_batch(kPictures, kClasses).get("loss");
    exact_loss = *exact.train_on_batch(kPictures, kClasses).get("loss");
  }
  EXPECT_NE(loss, exact_loss);
  EXPECT_NEAR(loss, exact_loss, 0.1 * exact_loss);
  for (const HostTensor& weight : model.get_weights()) EXPECT_EQ(weight.dtype(), DType::f32);
}

TEST(PictureModel, FrozenConvolutionKeepsItsWeightsAndLosesItsPenalty) {
  const PictureLayers layers;
  Model model = layers.model();
  model.compile(options());
  const double with_penalty = *model.test_on_batch(kPictures, kClasses).get("loss");
  const HostTensor kernel = layers.first.weights()[0];
  double penalty = 0;
  for (const float weight : kernel.as<float>()) penalty += 0.01 * weight * weight;
  ASSERT_GT(penalty, 0.01);

  layers.first.set_trainable(false);
  model.compile(options());
  EXPECT_NEAR(*model.test_on_batch(kPictures, kClasses).get("loss"), with_penalty - penalty, 1e-5);
  const std::vector<HostTensor> frozen = layers.first.weights(), free = layers.second.weights();
  for (int step = 0; step < 3; ++step) model.train_on_batch(kPictures, kClasses);
  EXPECT_TRUE(same_bits(layers.first.weights()[0], frozen[0]));
  EXPECT_TRUE(same_bits(layers.first.weights()[1], frozen[1]));
  EXPECT_FALSE(same_bits(layers.second.weights()[0], free[0]));
}

// Every layer here takes height and width as they come; the mean over the whole picture makes the rest of one size.
Model of_any_size() {
  const Value picture = Input({Dim::symbol("height"), Dim::symbol("width"), 3}, {.name = "picture"});
  Value y = Conv2D(4, 3, {.strides = 2, .padding = {{1, 0}, {1, 0}}, .activation = "tanh"})(ZeroPadding2D()(picture));
  y = Conv2D(4, 3, {.padding = "same", .activation = "relu"})(UpSampling2D()(y));
  y = AveragePooling2D(2)(MaxPooling2D(2, {.strides = 1, .padding = "same"})(y));
  return Model({picture}, {Dense(2, {.name = "out"})(GlobalAveragePooling2D()(y))});
}

TEST(PictureModel, TrainsOnPicturesOfSeveralSizes) {
  const HostTensor small = wave({2, 6, 8, 3}, 0.02), large = wave({2, 10, 4, 3}, 0.02), y = wave({2, 2}, 1.3);
  std::vector<std::vector<double>> curves;
  for (const DeviceKind device : testing::available_devices()) {
    SCOPED_TRACE(name_of(device));
    Model model = of_any_size();
    model.compile({.optimizer = adam({.learning_rate = 0.02}), .loss = "mse", .device = std::string(name_of(device)), .seed = 5});
    std::vector<double> losses;
    for (int step = 0; step < 30; ++step) losses.push_back(*model.train_on_batch(step % 2 ? large : small, y).get("loss"));
    EXPECT_LT(losses[28], 0.5 * losses[0]) << "of the small pictures";
    EXPECT_LT(losses[29], 0.5 * losses[1]) << "of the large ones";
    curves.push_back(losses);
    for (size_t step = 0; step < losses.size(); ++step) EXPECT_NEAR(losses[step], curves[0][step], 1e-4) << "step " << step;
  }
}

TEST(PictureLayer, IsNamedAsInKeras) {
  const auto name = [](const LayerHandle& layer) { return name_or_default(*layer.layer()); };
  EXPECT_EQ(name(Conv2D(2, 1)), "conv2d");
  EXPECT_EQ(name(MaxPooling2D()), "max_pooling2d");
  EXPECT_EQ(name(AveragePooling2D(2)), "average_pooling2d");
  EXPECT_EQ(name(GlobalMaxPooling2D()), "global_max_pooling2d");
  EXPECT_EQ(name(GlobalAveragePooling2D()), "global_average_pooling2d");
  EXPECT_EQ(name(UpSampling2D()), "up_sampling2d");
  EXPECT_EQ(name(ZeroPadding2D()), "zero_padding2d");
}

TEST(PictureLayer, TakesOneNumberOrAPairAndStridesOfThePoolWhereNoneAreGiven) {
  const Value picture = Input({8, 9, 2}, {.name = "picture"});
  const auto shape = [](const Value& y) { return y.shape().without_axis(0); };
  EXPECT_EQ(shape(Conv2D(5, {3, 2}, {.strides = {1, 2}})(picture)), (Shape{6, 4, 5}));
  EXPECT_EQ(shape(Conv2D(5, 3, {.padding = {{0, 1}, {0, 0}}, .dilation_rate = {1, 2}})(picture)), (Shape{7, 5, 5}));
  EXPECT_EQ(shape(MaxPooling2D({2, 3})(picture)), (Shape{4, 3, 2}));
  EXPECT_EQ(shape(MaxPooling2D(2, {.strides = {1, 3}, .padding = "same"})(picture)), (Shape{8, 3, 2}));
  EXPECT_EQ(shape(AveragePooling2D(3, {.strides = 1})(picture)), (Shape{6, 7, 2}));
  EXPECT_EQ(shape(GlobalAveragePooling2D({.keepdims = true})(picture)), (Shape{1, 1, 2}));
  EXPECT_EQ(shape(UpSampling2D({1, 3})(picture)), (Shape{8, 27, 2}));
  EXPECT_EQ(shape(ZeroPadding2D({2, 1})(picture)), (Shape{12, 11, 2}));
  EXPECT_EQ(shape(ZeroPadding2D({{0, 1}, {0, 0}})(picture)), (Shape{9, 9, 2}));
}

}  // namespace
}  // namespace lamina

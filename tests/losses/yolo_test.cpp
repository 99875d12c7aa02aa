// SPDX-License-Identifier: Apache-2.0
// The YOLO loss: against TensorFlow's numbers, against the same formula in primitive ops, and where numbers are extreme.
#include "losses/yolo.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/philox.h"
#include "core/compile/build_gradients.h"
#include "tests/losses/yolo_in_primitive_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

using losses::YoloLossOptions;
using nlohmann::json;
using testing::expect_error;
using testing::is_golden;

// Outputs and y_true of all scales: as Values, and what to feed them.
struct Case {
  std::vector<Value> outputs, y_true;
  Feed feed;

  void add(const HostTensor& output, const HostTensor& truth) {
    const std::string scale = std::to_string(outputs.size());
    outputs.push_back(input_value("output" + scale, output.dtype(), output.extents()));
    y_true.push_back(input_value("y_true" + scale, truth.dtype(), truth.extents()));
    feed.emplace("output" + scale, output);
    feed.emplace("y_true" + scale, truth);
  }

  // The loss and its gradients by the outputs.
  std::vector<HostTensor> run(const Value& loss, const PlanOptions& options) const {
    std::vector<Value> values = build_gradients(std::vector<Value>{loss}, std::vector<Value>{Value()}, outputs);
    values.insert(values.begin(), loss);
    return testing::run_values(values, feed, options);
  }
};

class GoldenYoloLoss : public ::testing::TestWithParam<std::string> {
 protected:
  GoldenYoloLoss() {
    const json& config = golden.at("config");
    options.anchors = config.at("anchors");
    options.strides = config.at("strides").get<std::vector<int64_t>>();
    options.ignore_threshold = config.at("ignore_threshold");
    options.box = config.at("box") == "ciou" ? YoloBoxLoss::ciou : YoloBoxLoss::squared;
    for (size_t s = 0; s < options.anchors.size(); ++s) {
      one.add(testing::tensor_of(golden.at("inputs").at("outputs")[s]), testing::tensor_of(golden.at("inputs").at("y_true")[s]));
    }
  }

  void expect_golden(const Value& loss, DeviceKind device) const {
    const std::vector<HostTensor> results = one.run(loss, testing::plan_options(device));
    EXPECT_TRUE(is_golden(results[0], expected.at("total"))) << name_of(device);
    for (size_t s = 0; s < one.outputs.size(); ++s) {
      EXPECT_TRUE(is_golden(results[1 + s], expected.at("grad_outputs")[s])) << name_of(device) << ", scale " << s;
    }
  }

  const json golden = testing::load_golden(GetParam());
  const json& expected = golden.at("expected");
  YoloLossOptions options;
  Case one;
};

TEST_P(GoldenYoloLoss, ValueAndGradients) {
  const Value loss = losses::yolo_loss(one.outputs, one.y_true, options);
  for (const DeviceKind device : testing::available_devices()) expect_golden(loss, device);
}

TEST_P(GoldenYoloLoss, TermsOfEachScale) {
  const losses::YoloLossTerms terms = losses::yolo_loss_terms(one.outputs, one.y_true, options);
  std::vector<Value> values;
  for (const losses::YoloScaleTerms& scale : terms.scales) {
    values.insert(values.end(), {scale.xy, scale.wh, scale.confidence, scale.classes});
  }
  for (const DeviceKind device : testing::available_devices()) {
    const std::vector<HostTensor> results = testing::run_values(values, one.feed, testing::plan_options(device));
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(is_golden(results[i], expected.at("terms")[i / 4][i % 4]))
          << name_of(device) << ", scale " << i / 4 << ", term " << i % 4;
    }
  }
}

// CIoU needs an arctangent, which is no primitive op.
class GoldenSquaredYoloLoss : public GoldenYoloLoss {};

TEST_P(GoldenSquaredYoloLoss, ValueAndGradientsFromPrimitiveOps) {
  const Value loss = testing::yolo_loss_in_primitive_ops(one.outputs, one.y_true, options);
  for (const DeviceKind device : testing::available_devices()) expect_golden(loss, device);
}

std::vector<std::string> squared_names() {
  std::vector<std::string> names = testing::golden_names("yolo_loss");
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("yolo_loss/squared"); });
  return names;
}

INSTANTIATE_TEST_SUITE_P(TensorFlow, GoldenSquaredYoloLoss, ::testing::ValuesIn(squared_names()), testing::golden_case_name);
INSTANTIATE_TEST_SUITE_P(TensorFlow, GoldenYoloLoss, ::testing::ValuesIn(testing::golden_names("yolo_loss")),
                         testing::golden_case_name);

constexpr int64_t kAnchors = 3, kClasses = 4, kChannels = 5 + kClasses;

YoloLossOptions two_scales(YoloBoxLoss box) {
  return {.anchors = {{{50, 40}, {45, 60}, {70, 66}}, {{20, 18}, {14, 25}, {30, 31}}}, .strides = {32, 16}, .box = box};
}

HostTensor uniform(const Extents& extents, double low, double high, uint32_t stream) {
  const RandomKey key{.seed = 5, .purpose = RandomPurpose::test, .stream = stream};
  HostTensor numbers(DType::f32, extents);
  for (size_t i = 0; i < static_cast<size_t>(numbers.count()); ++i) {
    numbers.as<float>()[i] = static_cast<float>(low + (high - low) * static_cast<double>(key.uniform(i)));
  }
  return numbers;
}

// y_true of a scale with an object at every `every`th prediction.
HostTensor objects(int64_t batch, int64_t rows, int64_t columns, int64_t every, uint32_t stream) {
  HostTensor y_true = uniform({batch, rows, columns, kAnchors, kChannels}, 0.1, 0.9, stream);
  for (int64_t i = 0; i < y_true.count() / kChannels; ++i) {
    float* const y = y_true.as<float>().data() + i * kChannels;
    const int64_t cell = i / kAnchors;
    const bool there = i % every == every - 1;
    y[0] = (static_cast<float>(cell % columns) + y[0]) / static_cast<float>(columns);
    y[1] = (static_cast<float>(cell / columns % rows) + y[1]) / static_cast<float>(rows);
    y[2] /= static_cast<float>(columns) * 0.3f;
    y[3] /= static_cast<float>(rows) * 0.3f;
    y[4] = 1;
    for (int64_t c = 0; c < kClasses; ++c) y[5 + c] = c == i % kClasses ? 1.0f : 0.0f;
    for (int64_t c = 0; c < kChannels && !there; ++c) y[c] = 0;
  }
  return y_true;
}

Case random_case(double reach, int64_t every = 5) {
  Case one;
  one.add(uniform({3, 3, 4, kAnchors * kChannels}, -reach, reach, 1), objects(3, 3, 4, every, 2));
  one.add(uniform({3, 6, 8, kAnchors * kChannels}, -reach, reach, 3), objects(3, 6, 8, every, 4));
  return one;
}

TEST(YoloLoss, FusedEqualsPrimitiveOps) {
  const YoloLossOptions options = two_scales(YoloBoxLoss::squared);
  const Case one = random_case(1);
  for (const DeviceKind device : testing::available_devices()) {
    const auto fused = one.run(losses::yolo_loss(one.outputs, one.y_true, options), testing::plan_options(device));
    const Value primitive = testing::yolo_loss_in_primitive_ops(one.outputs, one.y_true, options);
    const auto by_hand = one.run(primitive, testing::plan_options(device));
    for (size_t i = 0; i < fused.size(); ++i) EXPECT_TRUE(is_golden(fused[i], by_hand[i])) << name_of(device) << ", result " << i;
  }
}

TEST(YoloLoss, StaysFiniteForRawNumbersUpToEighty) {
  for (const YoloBoxLoss box : {YoloBoxLoss::squared, YoloBoxLoss::ciou}) {
    Case one = random_case(80);
    for (const char* output : {"output0", "output1"}) {
      const std::span<float> raw = one.feed.at(output).as<float>();
      for (size_t i = 0; i < raw.size(); ++i) raw[i] = i % 3 ? raw[i] : std::copysign(80.0f, raw[i]);
    }
    const Value loss = losses::yolo_loss(one.outputs, one.y_true, two_scales(box));
    std::vector<HostTensor> of_cpu;
    for (const DeviceKind device : testing::available_devices()) {
      const std::vector<HostTensor> results = one.run(loss, testing::plan_options(device));
      for (const HostTensor& result : results) {
        for (int64_t i = 0; i < result.count(); ++i) ASSERT_TRUE(std::isfinite(result.at(i))) << name_of(device) << ", " << i;
      }
      if (of_cpu.empty()) of_cpu = results;
      for (size_t i = 0; i < results.size(); ++i) EXPECT_TRUE(is_golden(results[i], of_cpu[i])) << name_of(device) << ", " << i;
    }
  }
}

TEST(YoloLoss, ANaNShowsInItsTermWithAndWithoutAnObject) {
  const HostTensor y_true = objects(1, 1, 1, 2, 1);  // of the three predictions, the second has an object
  for (const YoloBoxLoss box : {YoloBoxLoss::squared, YoloBoxLoss::ciou}) {
    YoloLossOptions options = two_scales(box);
    options.anchors.resize(1);
    for (int64_t channel = 0; channel < 2 * kChannels; ++channel) {
      Case one;
      HostTensor raw = uniform({1, 1, 1, kAnchors * kChannels}, -1, 1, 1);
      raw.as<float>()[static_cast<size_t>(channel)] = NAN;
      one.add(raw, y_true);
      const losses::YoloScaleTerms terms = losses::yolo_loss_terms(one.outputs, one.y_true, options).scales[0];
      const int hit = yolo_term_of_channel(channel % kChannels, box);
      for (const DeviceKind device : testing::available_devices()) {
        const auto results = testing::run_values(std::vector<Value>{terms.xy, terms.wh, terms.confidence, terms.classes}, one.feed,
                                                 testing::plan_options(device));
        for (int term = 0; term < 4; ++term) {
          EXPECT_EQ(std::isnan(results[static_cast<size_t>(term)].at(0)), term == hit)
              << name_of(device) << ", channel " << channel << ", term " << term;
        }
      }
    }
  }
}

TEST(YoloLoss, IsTheSameBitByBitForAnyNumberOfThreads) {
  Case one;
  one.add(uniform({3, 13, 13, kAnchors * kChannels}, -1, 1, 1), objects(3, 13, 13, 7, 2));
  YoloLossOptions options = two_scales(YoloBoxLoss::squared);
  options.anchors.resize(1);
  PlanOptions plan = testing::plan_options(DeviceKind::cpu);
  std::vector<HostTensor> of_one;
  for (const int threads : {1, 2, 5}) {
    plan.threads = threads;
    const std::vector<HostTensor> results = one.run(losses::yolo_loss(one.outputs, one.y_true, options), plan);
    if (of_one.empty()) of_one = results;
    for (size_t i = 0; i < results.size(); ++i) EXPECT_TRUE(testing::same_bits(results[i], of_one[i])) << threads << " threads";
  }
}

TEST(YoloLoss, GivesSixteenBitOutputsGradientsOfTheirType) {
  Case one, wide;
  const HostTensor raw = uniform({2, 3, 4, kAnchors * kChannels}, -1, 1, 1).cast(DType::bf16), y_true = objects(2, 3, 4, 4, 2);
  one.add(raw, y_true);
  wide.add(raw.cast(DType::f32), y_true);
  YoloLossOptions options = two_scales(YoloBoxLoss::ciou);
  options.anchors.resize(1);
  for (const DeviceKind device : testing::available_devices()) {
    const auto results = one.run(losses::yolo_loss(one.outputs, one.y_true, options), testing::plan_options(device));
    const auto expected = wide.run(losses::yolo_loss(wide.outputs, wide.y_true, options), testing::plan_options(device));
    EXPECT_EQ(results[1].dtype(), DType::bf16);
    EXPECT_TRUE(testing::is_equal(results[0], expected[0])) << name_of(device);
    EXPECT_TRUE(testing::is_equal(results[1], expected[1])) << name_of(device);
  }
}

TEST(YoloLoss, SaysWhatDoesNotGoTogether) {
  const Case one = random_case(1);
  YoloLossOptions options = two_scales(YoloBoxLoss::squared);
  const auto call = [&] { losses::yolo_loss(one.outputs, one.y_true, options); };
  expect_error(ErrorKind::model,
               "[yolo_loss] there are anchors of 2 scales, but 1 outputs and 2 y_true: one of each is needed per scale",
               [&] { losses::yolo_loss(std::span(one.outputs).first(1), one.y_true, options); });
  expect_error(ErrorKind::model, "[yolo_loss] got 3 Values: give the outputs of all scales, then as many y_true",
               [&] { losses::yolo_loss(std::vector<Value>{one.outputs[0], one.outputs[1], one.y_true[0]}, options); });
  expect_error(ErrorKind::model,
               "[yolo_loss] node \"yolo_loss\": raw (3, 3, 4, 27), y_true (3, 6, 8, 3, 9) and 3 anchors do not go together: "
               "y_true must be raw with its channels split into anchors x (5 + classes)",
               [&] { losses::yolo_loss(one.outputs, std::vector<Value>{one.y_true[1], one.y_true[0]}, options); });
  const Value sixteen = cast(one.y_true[0], DType::bf16);
  expect_error(ErrorKind::model,
               "[yolo_loss] node \"yolo_loss\": y_true and anchors must be f32, got bf16 and f32: 16 bits do not hold the places "
               "of objects; give a Lambda .compute_type = DType::f32",
               [&] { losses::yolo_loss(one.outputs, std::vector<Value>{sixteen, one.y_true[1]}, options); });
  options.strides = {32};
  expect_error(ErrorKind::model, "[yolo_loss] .strides has 1 numbers for 2 scales", call);
  options = two_scales(YoloBoxLoss::ciou);
  options.balance = {};
  expect_error(ErrorKind::model, "[yolo_loss] .balance has 0 numbers for 2 scales", call);
  options.anchors[1][0].second = 0;
  options.box = YoloBoxLoss::squared;
  expect_error(ErrorKind::model, "[yolo_loss] an anchor is 20 x 0 pixels: both sides must be above 0", call);
  options.anchors = {};
  expect_error(ErrorKind::model, "[yolo_loss] .anchors is empty: give the anchors of each scale, in pixels", call);
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Every loss against Keras: the unreduced values, and value and gradient as compile() binds them, with sample weights
// and masks, on every device.
#include <gtest/gtest.h>

#include "core/compile/bind_losses.h"
#include "core/compile/build_gradients.h"
#include "losses/losses.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;

Loss loss_of(const json& config) {
  const std::string name = config.at("loss");
  const json& args = config.at("args");
  if (args.empty()) return losses::from_name(name, {});
  if (name == "huber") return losses::huber(args.at("delta"));
  if (name == "cosine_similarity") return losses::cosine_similarity(args.at("axis"));
  const bool from_logits = args.at("from_logits");
  if (name == "sparse_categorical_crossentropy") return losses::sparse_categorical_crossentropy({from_logits});
  const losses::CrossentropyOptions options{from_logits, args.at("label_smoothing")};
  if (name == "binary_crossentropy") return losses::binary_crossentropy(options);
  if (name == "categorical_crossentropy") return losses::categorical_crossentropy(options);
  throw std::runtime_error("the golden file has an unknown loss " + name);
}

class GoldenLoss : public ::testing::TestWithParam<std::string> {
 protected:
  const json golden = testing::load_golden(GetParam());
  const json& inputs = golden.at("inputs");
  const json& expected = golden.at("expected");
  const HostTensor y_true = testing::tensor_of(inputs.at("y_true"));
  const HostTensor y_pred = testing::tensor_of(inputs.at("y_pred"));
  const Value prediction = input_value("y_pred", y_pred.dtype(), y_pred.extents());
  const Loss loss = loss_of(golden.at("config"));
};

TEST_P(GoldenLoss, ValuesBeforeReduction) {
  const Value target = input_value("y_true", y_true.dtype(), y_true.extents());
  const Value values = loss.function(target, prediction);
  for (const DeviceKind device : testing::available_devices()) {
    const auto results = testing::run_values(std::vector<Value>{values}, {{"y_true", y_true}, {"y_pred", y_pred}},
                                             testing::plan_options(device));
    EXPECT_TRUE(is_golden(results[0], expected.at("per_sample"))) << name_of(device);
  }
}

TEST_P(GoldenLoss, ValueAndGradientAsBound) {
  ModelOutput output{"out", prediction};
  Feed feed = {{"y_pred", y_pred}};
  LossBindingOptions options{.losses = loss};
  if (inputs.contains("mask")) {
    const HostTensor mask = testing::tensor_of(inputs.at("mask"));
    output.mask = input_value("mask", mask.dtype(), mask.extents());
    feed.emplace("mask", mask);
  }
  if (inputs.contains("sample_weight")) {
    HostTensor weight = testing::tensor_of(inputs.at("sample_weight"));
    const bool per_sample = weight.count() == y_pred.extents()[0];
    if (per_sample) weight = weight.reshaped({weight.count()});
    options.sample_weight_ranks["out"] = weight.extents().rank();
    feed.emplace(sample_weight_input("out"), weight);
  }
  const BoundLosses bound = bind_losses({output}, options);
  const LossBinding& binding = bound.bindings.front();
  if (binding.needs_target) feed.emplace(target_input("out"), y_true.reshaped(binding.target.shape.extents()));

  const std::vector<Value> gradients =
      build_gradients(std::vector<Value>{bound.total}, std::vector<Value>{Value()}, std::vector<Value>{prediction});
  for (const DeviceKind device : testing::available_devices()) {
    const auto results =
        testing::run_values(std::vector<Value>{bound.total, gradients[0]}, feed, testing::plan_options(device));
    EXPECT_TRUE(is_golden(results[0], expected.at("value"))) << name_of(device);
    EXPECT_TRUE(is_golden(results[1], expected.at("grad_y_pred"))) << name_of(device);
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenLoss, ::testing::ValuesIn(testing::golden_names("losses")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina

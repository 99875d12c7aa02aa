// SPDX-License-Identifier: Apache-2.0
// Whole trainings against Keras: histories, evaluate, predict and the final weights, on the cpu for every case and on
// the simulator for a few that reach different kernels.
#include <gtest/gtest.h>

#include "tests/layers/golden_model.h"
#include "tests/testing/golden.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::golden_tensors;
using testing::is_golden;

std::set<std::string> keys_of(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

void expect_logs(const Logs& logs, const json& expected) {
  const std::vector<std::string> names = logs.names();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), keys_of(expected));
  for (const auto& [name, value] : logs) {
    if (!expected.contains(name)) continue;
    EXPECT_TRUE(is_golden(value, expected.at(name).get<double>())) << name;
  }
}

HostTensor side_by_side(const HostTensor& a, const HostTensor& b) {
  std::vector<float> values(a.as<float>().begin(), a.as<float>().end());
  values.insert(values.end(), b.as<float>().begin(), b.as<float>().end());
  return HostTensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

// Compared beside the first contents, so that what counts is the size of a weight and of the way it went: Keras holds
// Adam's 0.999 in f32, which makes its steps 6e-6 of their length too long, and some weights end near zero.
void expect_weights(const Model& model, const json& first, const json& expected) {
  const auto before = testing::golden_weights(model, first), after = testing::golden_weights(model, expected);
  for (size_t i = 0; i < after.size(); ++i) {
    const auto& [named, contents] = after[i];
    const HostTensor& start = before[i].second;
    EXPECT_TRUE(is_golden(side_by_side(named.variable->read(), start), side_by_side(contents, start))) << named.path;
  }
}

bool is_identity_alone(const json& loss) {
  return loss == "identity" || (loss.is_object() && loss.size() == 1 && *loss.begin() == "identity");
}

class Training {
 public:
  Training(const std::string& name, const char* device) : golden_(testing::load_golden(name)), model_(testing::golden_model(config().at("model"))) {
    CompileOptions options = testing::golden_compile_options(config().at("compile"), config().at("model").at("outputs"));
    options.device = device;
    options.threads = 2;
    for (const auto& [named, contents] : testing::golden_weights(model_, golden_.at("weights"))) named.variable->assign(contents);
    model_.compile(std::move(options));
  }

  void run() { golden_.contains("batches") ? on_batches() : fit(); }

 private:
  const json& config() const { return golden_.at("config"); }

  void fit() {
    const json &data = golden_.at("data"), &fit = config().at("fit"), &expected = golden_.at("expected");
    const Tensors x = golden_tensors(data.at("x"));
    // An identity loss reads no y: none is given, though Keras needed some.
    const Tensors y = is_identity_alone(config().at("compile").at("loss")) ? Tensors() : golden_tensors(data.at("y"));
    FitOptions options{.batch_size = fit.at("batch_size"), .epochs = fit.at("epochs"), .shuffle = fit.at("shuffle"), .verbose = 0};
    options.initial_epoch = fit.value("initial_epoch", 0);
    options.validation_split = fit.value("validation_split", 0.0);
    if (data.contains("sample_weight")) options.sample_weight = golden_tensors(data.at("sample_weight"));
    if (data.contains("validation")) options.validation_data = validation(data.at("validation"));
    if (fit.contains("class_weight")) {
      for (const auto& [label, weight] : fit.at("class_weight").items()) options.class_weight[std::stoi(label)] = weight;
    }
    const History history = model_.fit(x, y, options);

    std::set<std::string> names;
    for (const auto& [name, values] : history.series) names.insert(name);
    EXPECT_EQ(names, keys_of(expected.at("history")));
    for (const auto& [name, values] : history.series) {
      if (!expected.at("history").contains(name)) continue;
      ASSERT_EQ(values.size(), expected.at("history").at(name).size()) << name;
      for (size_t epoch = 0; epoch < values.size(); ++epoch) {
        EXPECT_TRUE(is_golden(values[epoch], expected.at("history").at(name)[epoch].get<double>())) << name << " of epoch " << epoch;
      }
    }
    expect_weights(model_, golden_.at("weights"), expected.at("final_weights"));
    expect_logs(model_.evaluate(x, y, {.batch_size = options.batch_size, .sample_weight = options.sample_weight}), expected.at("evaluate"));
    const TensorMap predictions = model_.predict_all(x, {.batch_size = options.batch_size.value()});
    const std::vector<std::string> outputs = config().at("model").at("outputs");
    ASSERT_EQ(predictions.size(), outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_TRUE(is_golden(predictions.at(outputs[i]), expected.at("predict")[i])) << "prediction of " << outputs[i];
    }
  }

  // By the names of inputs and outputs, as a batch has them; these cases have one of each.
  Batch validation(const json& data) const {
    Batch batch;
    batch.inputs.emplace(model_.input_names().at(0), testing::tensor_of(data.at("x")));
    const std::vector<std::string> outputs = config().at("model").at("outputs");
    const json y = data.at("y").is_array() ? data.at("y") : json::array({data.at("y")});
    for (size_t i = 0; i < outputs.size(); ++i) batch.targets.emplace(outputs[i], testing::tensor_of(y.at(i)));
    if (data.contains("sample_weight")) batch.sample_weights.emplace(outputs.at(0), testing::tensor_of(data.at("sample_weight")));
    return batch;
  }

  void on_batches() {
    const json &batches = golden_.at("batches"), &expected = golden_.at("expected");
    const auto weight_of = [](const json& batch) {
      return batch.contains("sample_weight") ? golden_tensors(batch.at("sample_weight")) : Tensors();
    };
    for (size_t i = 0; i < batches.size(); ++i) {
      const json& batch = batches[i];
      expect_logs(model_.train_on_batch(golden_tensors(batch.at("x")), golden_tensors(batch.at("y")), weight_of(batch)),
                  expected.at("train_on_batch")[i]);
    }
    const json& first = batches[0];
    const Tensors x = golden_tensors(first.at("x"));
    expect_logs(model_.test_on_batch(x, golden_tensors(first.at("y")), weight_of(first)), expected.at("test_on_batch_0"));
    EXPECT_TRUE(is_golden(model_.predict_on_batch(x), expected.at("predict_on_batch_0")));
    expect_weights(model_, golden_.at("weights"), expected.at("final_weights"));
  }

  json golden_;
  Model model_;
};

class GoldenTrainer : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTrainer, TrainsAsKerasOnCpu) { Training(GetParam(), "cpu").run(); }

INSTANTIATE_TEST_SUITE_P(Keras, GoldenTrainer, ::testing::ValuesIn(testing::golden_names("trainer")), testing::golden_case_name);

class GoldenTrainerOnSim : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTrainerOnSim, TrainsAsKeras) { Training(GetParam(), "sim").run(); }

INSTANTIATE_TEST_SUITE_P(Keras, GoldenTrainerOnSim,
                         ::testing::Values("trainer/functional_guide_dict", "trainer/masked_loss_two_lstms", "trainer/nested_model",
                                           "trainer/two_outputs_weighted_metrics", "trainer/global_clipnorm",
                                           "trainer/train_on_batch_weighted", "trainer/two_outputs_identity_beside_mse"),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina

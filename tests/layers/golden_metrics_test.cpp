// SPDX-License-Identifier: Apache-2.0
// Every metric against Keras: the running value after each of two batches, on every device.
#include <gtest/gtest.h>

#include "core/graph/reduce.h"
#include "core/graph/reshape.h"
#include "layers/metrics.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;
using testing::is_golden;

Metric metric_of(const json& config, const TensorType& y_pred, const TensorType& y_true) {
  const std::string name = config.at("metric");
  const json& args = config.at("args");
  if (args.empty()) return metric_from_name(name, y_pred, &y_true);
  if (name == "BinaryAccuracy") return metrics::binary_accuracy(args.at("threshold"));
  if (name == "TopKCategoricalAccuracy") return metrics::top_k_categorical_accuracy(args.at("k"));
  if (name == "SparseTopKCategoricalAccuracy") return metrics::sparse_top_k_categorical_accuracy(args.at("k"));
  if (name == "CosineSimilarity") return metrics::cosine_similarity(args.at("axis"));
  throw std::runtime_error("the golden file has an unknown metric " + name);
}

// The sum and the number of a batch's values, weighted: what a model's graph hands to the host.
struct Sums {
  double total = 0;
  double count = 0;
};

Sums sums_of(const json& config, const json& batch, DeviceKind device) {
  Feed feed = {{"y_true", testing::tensor_of(batch.at("y_true"))}, {"y_pred", testing::tensor_of(batch.at("y_pred"))}};
  const auto input = [&](const std::string& name) {
    return input_value(name, feed.at(name).dtype(), feed.at(name).extents());
  };
  const Value y_true = input("y_true"), y_pred = input("y_pred");
  const Value values = metric_of(config, y_pred.type(), y_true.type()).function(y_true, y_pred);
  Value weights = ones_like(values);
  if (batch.contains("sample_weight")) {
    feed.emplace("sample_weight", testing::tensor_of(batch.at("sample_weight")));
    Shape shape = values.shape();
    for (int axis = 1; axis < shape.rank(); ++axis) shape[axis] = 1;
    weights = weights * reshape(input("sample_weight"), shape);
  }
  const auto results =
      testing::run_values(std::vector<Value>{sum(values * weights), sum(weights)}, feed, testing::plan_options(device));
  return {results[0].at(0), results[1].at(0)};
}

class GoldenMetric : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenMetric, RunsAsInKeras) {
  const json golden = testing::load_golden(GetParam());
  const json &config = golden.at("config"), &results = golden.at("expected").at("results");
  for (const DeviceKind device : testing::available_devices()) {
    Sums running;
    size_t batches = 0;
    for (const json& batch : golden.at("batches")) {
      ASSERT_EQ(batch.contains("sample_weight"), config.at("weighted").get<bool>());
      const Sums sums = sums_of(config, batch, device);
      running.total += sums.total;
      running.count += sums.count;
      const Metric metric = metric_of(config, {DType::f32, testing::tensor_of(batch.at("y_pred")).extents()},
                                      {DType::f32, testing::tensor_of(batch.at("y_true")).extents()});
      const double mean = running.total / running.count;
      EXPECT_TRUE(is_golden(metric.finish ? metric.finish(mean) : mean, results.at(batches++)))
          << name_of(device) << ", batch " << batches;
    }
    EXPECT_EQ(batches, results.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenMetric, ::testing::ValuesIn(testing::golden_names("metrics")),
                         testing::golden_case_name);

}  // namespace
}  // namespace lamina

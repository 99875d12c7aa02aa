// SPDX-License-Identifier: Apache-2.0
// How a metric is found by its name, and what metrics do at the borders of their definition.
#include "layers/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

const TensorType kColumn{DType::f32, {Dim::symbol("batch"), 1}};
const TensorType kClasses{DType::f32, {Dim::symbol("batch"), 3}};
const TensorType kLabels{DType::i32, {Dim::symbol("batch")}};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<double> values_of(const Metric& metric, const HostTensor& y_true, const HostTensor& y_pred) {
  const Value values = metric.function(input_value("t", y_true.dtype(), y_true.extents()),
                                       input_value("p", y_pred.dtype(), y_pred.extents()));
  const HostTensor result = testing::run_values(std::vector<Value>{values}, {{"t", y_true}, {"p", y_pred}},
                                                testing::plan_options(DeviceKind::cpu))
                                .front();
  std::vector<double> numbers;
  for (int64_t i = 0; i < result.count(); ++i) numbers.push_back(result.at(i));
  return numbers;
}

TEST(Metrics, AccuracyIsChosenByShape) {
  EXPECT_FALSE(metric_from_name("accuracy", kColumn, &kColumn).target);
  EXPECT_FALSE(metric_from_name("accuracy", kClasses, &kClasses).target);
  ASSERT_TRUE(metric_from_name("acc", kClasses, &kLabels).target);
  EXPECT_EQ(metric_from_name("acc", kClasses, &kLabels).target(kClasses), kLabels);
  EXPECT_TRUE(metric_from_name("acc", kClasses).target) << "labels where no loss reads y";
}

TEST(Metrics, KeepTheNameTheyWereAskedBy) {
  for (const std::string name :
       {"accuracy", "acc", "mae", "MeanAbsoluteError", "rmse", "top_k_categorical_accuracy", "bce"}) {
    EXPECT_EQ(metric_from_name(name, kClasses).name, name);
  }
}

TEST(Metrics, AnUnknownNameGetsTheNearest) {
  EXPECT_EQ(message_of([] { metric_from_name("acuracy", kColumn); }),
            "Could not interpret metric identifier: acuracy (did you mean 'accuracy'?)");
  EXPECT_EQ(message_of([] { metric_from_name("msee", kColumn); }),
            "Could not interpret metric identifier: msee (did you mean 'mse'?)");
}

TEST(Metrics, RefuseWhatMakesNoSense) {
  EXPECT_EQ(message_of([] { metrics::top_k_categorical_accuracy(0); }),
            "[top_k_categorical_accuracy] k must be positive, got 0");
  const Value labels = input_value("t", DType::i32, {4, 2}), scores = input_value("p", DType::f32, {4, 3});
  EXPECT_EQ(message_of([&] { metrics::sparse_categorical_accuracy().function(labels, scores); }),
            "[sparse_categorical_accuracy] labels of shape (4, 2) do not go with y_pred of shape (4, 3): expected one "
            "label per row "
            "of classes");
}

TEST(Metrics, OfEqualScoresTheFirstIsTheClass) {
  const HostTensor scores = HostTensor::of<float>({2, 3}, {1, 2, 2, 5, 5, 5});
  EXPECT_EQ(values_of(metrics::sparse_categorical_accuracy(), HostTensor::of<int32_t>({2}, {1, 0}), scores),
            (std::vector<double>{1, 1}));
  EXPECT_EQ(values_of(metrics::sparse_categorical_accuracy(), HostTensor::of<int32_t>({2}, {2, 1}), scores),
            (std::vector<double>{0, 0}));
}

TEST(Metrics, ClassesTiedAtTheBorderOfTheTopAreWithin) {
  const HostTensor scores = HostTensor::of<float>({3, 4}, {4, 2, 2, 1, 4, 2, 2, 1, 4, 2, 2, 1});
  EXPECT_EQ(values_of(metrics::sparse_top_k_categorical_accuracy(2), HostTensor::of<int32_t>({3}, {1, 2, 3}), scores),
            (std::vector<double>{1, 1, 0}));
}

TEST(Metrics, ALabelWithoutAClassOrAScoreIsInNoTop) {
  const float nan = std::nanf(""), inf = INFINITY;
  const HostTensor scores = HostTensor::of<float>({4, 2}, {1, 2, 1, 2, nan, 2, inf, 2});
  EXPECT_EQ(
      values_of(metrics::sparse_top_k_categorical_accuracy(2), HostTensor::of<int32_t>({4}, {-1, 2, 0, 0}), scores),
      (std::vector<double>{0, 0, 0, 0}));
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Initializers: moments, bounds and exact values as Keras' formulas give them, and draws that depend on the seed alone.
#include "layers/initializers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "layers/lstm.h"
#include "tests/testing/golden.h"

namespace lamina {
namespace {

using nlohmann::json;

constexpr uint64_t kSeed = 20240607;

Extents extents_of(const json& shape) { return Extents(shape.get<std::vector<int64_t>>()); }

Initializer initializer_of(const json& entry) {
  const std::string name = entry.at("initializer");
  const json& args = entry.at("args");
  if (name == "constant") return constant_initializer(args.at("value"));
  if (name == "identity") return identity_initializer(args.at("gain"));
  if (name == "random_uniform") return random_uniform(args.at("minval"), args.at("maxval"));
  if (name == "random_normal") return random_normal(args.at("mean"), args.at("stddev"));
  if (name == "truncated_normal") return truncated_normal(args.at("mean"), args.at("stddev"));
  return initializer_from_name(name);
}

void expect_statistics(const json& entry) {
  SCOPED_TRACE(entry.dump());
  const HostTensor tensor = initializer_of(entry).make(extents_of(entry.at("shape")), kSeed);
  ASSERT_EQ(tensor.extents(), extents_of(entry.at("shape")));
  const std::span<const float> values = tensor.as<float>();
  const double count = static_cast<double>(values.size());
  double sum = 0, squares = 0, fourths = 0;
  for (const float value : values) sum += value;
  const double mean = sum / count;
  for (const float value : values) {
    const double square = (value - mean) * (value - mean);
    squares += square, fourths += square * square;
  }
  // Five standard errors of the mean and of the standard deviation.
  const double deviation = std::sqrt(squares / count), wanted = entry.at("stddev");
  const double kurtosis = count * fourths / (squares * squares);
  EXPECT_NEAR(mean, entry.at("mean").get<double>(), 5 * wanted / std::sqrt(count));
  EXPECT_NEAR(deviation / wanted, 1, 5 * 0.5 * std::sqrt((kurtosis - 1) / count));
  if (entry.at("max").is_null()) {
    // A normal that is not cut reaches beyond three deviations, as 0.27 % of it lies there.
    const auto far = std::ranges::count_if(values, [&](float value) { return std::abs(value) > 3 * wanted; });
    EXPECT_NEAR(static_cast<double>(far) / count, 0.0027, 0.0012);
    EXPECT_NEAR(kurtosis, 3, 0.1);
    return;
  }
  const auto [low, high] = std::ranges::minmax(values);
  const double tolerance = 1e-6 * entry.at("max").get<double>();
  EXPECT_GE(low, entry.at("min").get<double>() - tolerance);
  EXPECT_LE(high, entry.at("max").get<double>() + tolerance);
  EXPECT_GT(high, 0.98 * entry.at("max").get<double>());
  EXPECT_LT(low, 0.98 * entry.at("min").get<double>());
}

void expect_orthogonal(const json& entry) {
  SCOPED_TRACE(entry.dump());
  const Extents extents = extents_of(entry.at("shape"));
  const double gain = entry.at("gain");
  const HostTensor q = orthogonal(gain).make(extents, kSeed);
  ASSERT_EQ(q.extents(), extents);
  const int64_t columns = extents[extents.rank() - 1], rows = extents.count() / columns;
  const bool by_rows = entry.at("orthonormal") == "rows";
  const int64_t size = by_rows ? rows : columns, length = by_rows ? columns : rows;
  ASSERT_EQ(size, entry.at("gram_size").get<int64_t>());
  const auto at = [&](int64_t i, int64_t k) { return q.at(by_rows ? i * columns + k : k * columns + i); };
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t j = 0; j < size; ++j) {
      double product = 0;
      for (int64_t k = 0; k < length; ++k) product += at(i, k) * at(j, k);
      EXPECT_NEAR(product, i == j ? entry.at("gram_diagonal").get<double>() : 0.0, 1e-6) << i << ", " << j;
    }
  }
}

void expect_exact(const json& entry) {
  SCOPED_TRACE(entry.dump());
  const json& args = entry.at("args");
  if (entry.at("initializer") != "lstm_bias") {
    EXPECT_TRUE(testing::is_golden(initializer_of(entry).make(extents_of(entry.at("value").at("shape")), kSeed),
                                   entry.at("value")));
    return;
  }
  const LSTM lstm(args.at("units"), {.bias_initializer = constant_initializer(args.at("bias_initializer")),
                                     .unit_forget_bias = args.at("unit_forget_bias")});
  lstm(Input({1, 1}));
  const auto& bias = lstm.layer()->own_variables().back();
  ASSERT_EQ(bias->name, "bias");
  EXPECT_TRUE(testing::is_golden(bias->initializer(kSeed), entry.at("value")));
}

class GoldenInitializers : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenInitializers, HoldTheFormulas) {
  const json golden = testing::load_golden(GetParam());
  for (const json& entry : golden.at("expected").at("entries")) {
    if (entry.contains("gram_size")) {
      expect_orthogonal(entry);
    } else if (entry.contains("distribution")) {
      expect_statistics(entry);
    } else {
      expect_exact(entry);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, GoldenInitializers, ::testing::ValuesIn(testing::golden_names("initializers")),
                         testing::golden_case_name);

TEST(Initializers, DependOnTheSeedAlone) {
  for (const std::string name :
       {"random_uniform", "random_normal", "truncated_normal", "glorot_uniform", "he_normal", "orthogonal"}) {
    const Initializer initializer = initializer_from_name(name);
    const HostTensor once = initializer.make({7, 5}, 3), again = initializer.make({7, 5}, 3),
                     other = initializer.make({7, 5}, 4);
    EXPECT_TRUE(std::ranges::equal(once.as<float>(), again.as<float>())) << name;
    EXPECT_FALSE(std::ranges::equal(once.as<float>(), other.as<float>())) << name;
  }
}

TEST(Initializers, NeighboursOfANormalAreIndependent) {
  const HostTensor tensor = random_normal(0, 1).make({100000}, 5);
  const auto values = tensor.as<float>();
  for (const size_t lag : {1, 2, 3, 4}) {
    // Neither they nor their squares (mean 1, variance 2) are correlated; pairs of one radius would show in the
    // squares.
    double product = 0, squares = 0;
    for (size_t i = 0; i + lag < values.size(); ++i) {
      const double a = values[i], b = values[i + lag];
      product += a * b, squares += (a * a - 1) * (b * b - 1);
    }
    const double count = static_cast<double>(values.size());
    EXPECT_NEAR(product / count, 0, 5 / std::sqrt(count)) << "lag " << lag;
    EXPECT_NEAR(squares / count, 0, 5 * 2 / std::sqrt(count)) << "lag " << lag;
  }
}

TEST(Initializers, TakeWeightsOfAnyRank) {
  EXPECT_EQ(glorot_uniform().make({}, 1).count(), 1);
  const HostTensor vector = glorot_uniform().make({6}, 1);  // limit sqrt(6 / (6 + 6))
  for (const float value : vector.as<float>()) EXPECT_LE(std::abs(value), std::sqrt(0.5f));
  EXPECT_EQ(he_normal().make({0, 4}, 1).count(), 0);
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Initializers, RefuseWhatTheyCannotFill) {
  EXPECT_EQ(message_of([] { orthogonal().make({4}, 1); }),
            "[orthogonal] a weight of two axes or more is needed, got (4,)");
  EXPECT_EQ(message_of([] { orthogonal().make({3, 0}, 1); }), "[orthogonal] a weight of shape (3, 0) has no elements");
  EXPECT_EQ(message_of([] {
              identity_initializer().make({2, 2, 2}, 1);
            }),
            "[identity] a weight of two axes is needed, got (2, 2, 2)");
  EXPECT_EQ(message_of([] { random_uniform(1, 0); }), "[random_uniform] the low bound 1 is above the high bound 0");
}

TEST(Initializers, AnUnknownNameGetsTheNearest) {
  EXPECT_EQ(message_of([] { initializer_from_name("glorot_unifrom"); }),
            "Could not interpret initializer identifier: glorot_unifrom (did you mean 'glorot_uniform'?)");
}

}  // namespace
}  // namespace lamina

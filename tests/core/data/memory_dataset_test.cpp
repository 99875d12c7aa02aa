// SPDX-License-Identifier: Apache-2.0
// Batches of tensors in memory: their order, the short last one, and what is refused.
#include "core/data/memory_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

Batch numbered(int64_t rows) {
  std::vector<float> values;
  std::vector<int32_t> doubled;
  for (int64_t i = 0; i < rows; ++i) {
    values.push_back(static_cast<float>(i));
    doubled.push_back(static_cast<int32_t>(2 * i));
  }
  Batch batch;
  batch.inputs.emplace("x", HostTensor::of<float>({rows, 1}, values));
  batch.targets.emplace("y", HostTensor::of<int32_t>({rows}, doubled));
  batch.sample_weights.emplace("y", HostTensor::of<float>({rows}, values));
  return batch;
}

std::vector<double> column(const HostTensor& tensor) {
  std::vector<double> values;
  for (int64_t i = 0; i < tensor.count(); ++i) values.push_back(tensor.at(i));
  return values;
}

// The rows of one epoch, in order; every batch is checked to hold the same rows in x, y and weights.
std::vector<double> rows_of_epoch(MemoryDataset& data, int64_t epoch) {
  data.start_epoch(epoch);
  std::vector<double> rows;
  while (const std::optional<Batch> batch = data.next()) {
    const std::vector<double> x = column(batch->inputs.at("x"));
    EXPECT_EQ(static_cast<int64_t>(x.size()), batch->samples);
    EXPECT_EQ(column(batch->sample_weights.at("y")), x);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(batch->targets.at("y").at(static_cast<int64_t>(i)), 2 * x[i]);
    rows.insert(rows.end(), x.begin(), x.end());
  }
  return rows;
}

std::vector<double> counted(int64_t rows) { return column(numbered(rows).inputs.at("x")); }

TEST(MemoryDataset, CutsBatchesWithAShortLastOne) {
  MemoryDataset data(numbered(5), {.batch_size = 2});
  EXPECT_EQ(data.batches(), 3);
  EXPECT_EQ(data.samples(), 5);
  EXPECT_THAT(column(data.next()->inputs.at("x")), ElementsAre(0, 1));
  EXPECT_THAT(column(data.next()->inputs.at("x")), ElementsAre(2, 3));
  const std::optional<Batch> last = data.next();
  EXPECT_THAT(column(last->inputs.at("x")), ElementsAre(4));
  EXPECT_EQ(last->samples, 1);
  EXPECT_FALSE(data.next().has_value());
  EXPECT_EQ(rows_of_epoch(data, 1), counted(5));
}

TEST(MemoryDataset, CountsBatchesOfAnySize) {
  EXPECT_EQ(MemoryDataset(numbered(4), {.batch_size = 2}).batches(), 2);
  EXPECT_EQ(MemoryDataset(numbered(4), {.batch_size = 9}).batches(), 1);
  EXPECT_EQ(MemoryDataset(numbered(4), {.batch_size = std::numeric_limits<int64_t>::max()}).batches(), 1);
  EXPECT_EQ(MemoryDataset(numbered(0), {.batch_size = 2}).batches(), 0);
}

TEST(MemoryDataset, ShufflesEachRowOnceInAnotherOrderEachEpoch) {
  MemoryDataset data(numbered(40), {.batch_size = 7, .shuffle = true, .seed = 3});
  const std::vector<double> first = rows_of_epoch(data, 0), second = rows_of_epoch(data, 1);
  for (std::vector<double> rows : {first, second}) {
    EXPECT_NE(rows, counted(40));
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, counted(40));
  }
  EXPECT_NE(first, second);
}

TEST(MemoryDataset, OrderIsAFunctionOfSeedAndEpochAlone) {
  MemoryDataset data(numbered(40), {.shuffle = true, .seed = 3}), same(numbered(40), {.batch_size = 5, .shuffle = true, .seed = 3}),
      other(numbered(40), {.shuffle = true, .seed = 4});
  rows_of_epoch(data, 0);
  EXPECT_EQ(rows_of_epoch(data, 6), rows_of_epoch(same, 6));
  EXPECT_NE(rows_of_epoch(data, 6), rows_of_epoch(other, 6));
}

TEST(MemoryDataset, EveryPlaceIsReachedByEveryRow) {
  std::vector<std::vector<int>> seen(4, std::vector<int>(4, 0));
  MemoryDataset data(numbered(4), {.shuffle = true, .seed = 1});
  for (int64_t epoch = 0; epoch < 2000; ++epoch) {
    const std::vector<double> rows = rows_of_epoch(data, epoch);
    for (size_t place = 0; place < 4; ++place) ++seen[place][static_cast<size_t>(rows[place])];
  }
  // 500 each, with a standard deviation of 19.4.
  for (const auto& place : seen) {
    for (const int count : place) EXPECT_NEAR(count, 500, 5 * 19.4);
  }
}

TEST(MemoryDataset, RowsOfABatchAreThoseOfEveryTensor) {
  Batch all = numbered(6);
  count_samples(all);
  const Batch rows = rows_of(all, 2, 3);
  EXPECT_EQ(rows.samples, 3);
  EXPECT_THAT(column(rows.inputs.at("x")), ElementsAre(2, 3, 4));
  EXPECT_THAT(column(rows.targets.at("y")), ElementsAre(4, 6, 8));
  EXPECT_THAT(column(rows.sample_weights.at("y")), ElementsAre(2, 3, 4));
}

TEST(MemoryDataset, RefusesWhatHasNoRowsInCommon) {
  Batch unequal = numbered(3);
  unequal.inputs.emplace("z", HostTensor(DType::f32, {2, 1}));
  unequal.sample_weights.at("y") = HostTensor(DType::f32, {4});
  expect_error(ErrorKind::model,
               "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. 'x' sizes: 3, 2. 'y' sizes: 3. "
               "'sample_weight' sizes: 4.",
               [&] { MemoryDataset(unequal, {}); });
  Batch scalar;
  scalar.inputs.emplace("x", HostTensor::scalar(1.0f));
  expect_error(ErrorKind::model, "'x' is a scalar; data has its samples along the first axis", [&] { MemoryDataset(scalar, {}); });
  for (const int64_t size : {0, -2}) {
    expect_error(ErrorKind::model, text("batch_size must be positive, got ", size), [&] { MemoryDataset(numbered(3), {.batch_size = size}); });
  }
}

}  // namespace
}  // namespace lamina

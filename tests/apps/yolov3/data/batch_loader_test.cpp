// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/data/batch_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/base/text.h"

namespace lamina::yolov3 {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kRows = 5;

// Batches of kRows numbers: 100 * batch + row.
BatchWork numbered(int64_t batches) {
  BatchWork work;
  work.batches = batches;
  work.make = [](int64_t) {
    Batch batch;
    batch.samples = kRows;
    batch.inputs.emplace("x", HostTensor(DType::i32, {kRows}));
    return batch;
  };
  work.fill = [](Batch& into, int64_t batch, int64_t row) {
    into.inputs.at("x").as<int32_t>()[static_cast<size_t>(row)] = static_cast<int32_t>(100 * batch + row);
  };
  return work;
}

template <class Call>
std::string thrown(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(BatchLoader, GivesFullBatchesInTheirOrder) {
  for (const int threads : {1, 2, 4, 16}) {
    BatchLoader loader(numbered(20), threads);
    for (int64_t batch = 0; batch < 20; ++batch) {
      const std::optional<Batch> next = loader.next();
      ASSERT_TRUE(next);
      for (int64_t row = 0; row < kRows; ++row) ASSERT_EQ(next->inputs.at("x").at(row), static_cast<double>(100 * batch + row));
    }
    EXPECT_FALSE(loader.next());
    EXPECT_FALSE(loader.next());
  }
}

TEST(BatchLoader, KeepsNoMoreThanItsShareAhead) {
  std::atomic<int64_t> made{0};
  BatchWork work = numbered(50);
  work.make = [&made, make = work.make](int64_t batch) {
    ++made;
    return make(batch);
  };
  BatchLoader loader(work, 8);
  for (int64_t taken = 0; taken < 50; ++taken) {
    std::this_thread::sleep_for(1ms);
    EXPECT_LE(made, taken + static_cast<int64_t>(BatchLoader::kAhead));
    loader.next();
  }
}

TEST(BatchLoader, ThrowsTheFailureOfTheFirstRowAndAfterTheBatchesBefore) {
  BatchWork work = numbered(9);
  work.fill = [](Batch&, int64_t batch, int64_t row) {
    if (batch >= 2 && row >= 1) {
      if (row == 1) std::this_thread::sleep_for(5ms);  // row 3 of another thread fails before
      throw std::runtime_error(text("batch ", batch, " row ", row));
    }
  };
  BatchLoader loader(work, 4);
  EXPECT_TRUE(loader.next());
  EXPECT_TRUE(loader.next());
  EXPECT_EQ(thrown([&] { loader.next(); }), "batch 2 row 1");
  EXPECT_EQ(thrown([&] { loader.next(); }), "batch 2 row 1");
}

TEST(BatchLoader, ThrowsWhatMakingABatchThrew) {
  BatchWork work = numbered(3);
  work.make = [](int64_t) -> Batch { throw std::runtime_error("no memory"); };
  BatchLoader loader(work, 2);
  EXPECT_EQ(thrown([&] { loader.next(); }), "no memory");
}

TEST(BatchLoader, EndsWithWorkLeftWithoutDoingIt) {
  std::atomic<int64_t> filled{0};
  BatchWork work = numbered(1000000);
  work.fill = [&](Batch&, int64_t, int64_t) {
    ++filled;
    std::this_thread::sleep_for(1ms);
  };
  for (const bool take : {false, true}) {
    BatchLoader loader(work, 3);
    if (take) loader.next();
  }
  EXPECT_LE(filled, 2 * kRows * static_cast<int64_t>(BatchLoader::kAhead + 1));
}

TEST(BatchLoader, IsEmptyWhereThereAreNoBatches) {
  BatchLoader loader(numbered(0), 2);
  EXPECT_FALSE(loader.next());
}

// A thread that looked again and again for work would burn the time that the computation needs.
TEST(BatchLoader, SleepsWhileEnoughIsReady) {
  BatchLoader loader(numbered(100), 4);
  std::this_thread::sleep_for(20ms);
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.05);
}

}  // namespace
}  // namespace lamina::yolov3

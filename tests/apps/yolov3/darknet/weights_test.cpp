// SPDX-License-Identifier: Apache-2.0
#include "apps/yolov3/darknet/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "apps/yolov3/darknet/standard_networks.h"
#include "core/io/atomic_file.h"
#include "core/io/read_file.h"
#include "tests/apps/yolov3/darknet/random_weights.h"
#include "tests/core/io/faulty_file_ops.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"

namespace lamina::yolov3 {
namespace {

using testing::expect_error;
using testing::FaultyFileOps;
using testing::ScratchFolder;
using Bytes = std::vector<std::byte>;

const std::vector<DarknetConvolutionShape> kShapes = {{2, 3, 3, true}, {3, 2, 1, false}};
constexpr size_t kHeader = 20;
constexpr size_t kFirst = 4 * (2 * (27 + 4));  // bytes of the first convolution
constexpr size_t kSecond = 4 * (3 * (2 + 1));

template <class Number>
void put(Bytes& file, Number number) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&number);
  file.insert(file.end(), bytes, bytes + sizeof(number));
}

// A file of kShapes whose floats count up from 1.
Bytes counting_file() {
  Bytes file;
  for (const int32_t part : {0, 2, 0}) put(file, part);
  put(file, uint64_t{1} << 40);
  for (size_t i = 0; i < (kFirst + kSecond) / 4; ++i) put(file, static_cast<float>(i + 1));
  return file;
}

DarknetLoad load(const Bytes& file, const DarknetLoadOptions& options = {}) {
  return take_convolutions(parse_weights(file, "w.weights"), kShapes, options);
}

void expect_refused(const Bytes& file, const std::string& message, const DarknetLoadOptions& options = {}) {
  expect_error(ErrorKind::model, "[darknet weights] file \"w.weights\": " + message, [&] { load(file, options); });
}

Bytes cut(Bytes file, size_t bytes) {
  file.resize(bytes);
  return file;
}

void set_float(Bytes& file, size_t index, float value) { std::memcpy(file.data() + kHeader + 4 * index, &value, 4); }

TEST(DarknetWeights, PutsEveryNumberInItsPlace) {
  const DarknetLoad loaded = load(counting_file());
  ASSERT_EQ(loaded.convolutions.size(), 2u);
  const ConvolutionWeights& first = loaded.convolutions[0];
  EXPECT_FALSE(first.bias);
  EXPECT_EQ(first.batch_normalization->beta.at(0), 1);
  EXPECT_EQ(first.batch_normalization->gamma.at(0), 3);
  EXPECT_EQ(first.batch_normalization->moving_mean.at(0), 5);
  EXPECT_EQ(first.batch_normalization->moving_variance.at(1), 8);
  EXPECT_EQ(first.kernel.extents(), (Extents{3, 3, 3, 2}));
  EXPECT_EQ(first.kernel.at({0, 0, 0, 0}), 9);
  EXPECT_EQ(first.kernel.at({0, 1, 0, 0}), 10);                   // the next column is the next number of the file
  EXPECT_EQ(first.kernel.at({1, 0, 0, 0}), 9 + 3);                // then rows,
  EXPECT_EQ(first.kernel.at({0, 0, 1, 0}), 9 + 9);                // channels
  EXPECT_EQ(first.kernel.at({2, 1, 2, 1}), 9 + 27 + 18 + 6 + 1);  // and filters
  const ConvolutionWeights& second = loaded.convolutions[1];
  EXPECT_FALSE(second.batch_normalization);
  EXPECT_EQ(second.bias->at(2), 65);
  EXPECT_EQ(second.kernel.at({0, 0, 1, 2}), 71);
  EXPECT_EQ(loaded.report(), "2 of 2 convolutions taken, 0 left as they were");
}

TEST(DarknetWeights, ReadsBothHeaders) {
  Bytes old;
  for (const int32_t part : {0, 1, 5}) put(old, part);
  put(old, uint32_t{4'000'000'000});
  put(old, 1.5f);
  const DarknetWeights narrow = parse_weights(old, "w");
  EXPECT_EQ(narrow.seen, 4'000'000'000u);
  EXPECT_EQ(narrow.revision, 5);
  EXPECT_EQ(narrow.values, std::vector<float>{1.5f});
  const DarknetWeights wide = parse_weights(counting_file(), "w");
  EXPECT_EQ(wide.seen, uint64_t{1} << 40);
  EXPECT_EQ(wide.values.size(), 71u);
}

TEST(DarknetWeights, RefusesAHeaderCutAtEachByte) {
  const Bytes file = counting_file();
  for (size_t bytes = 0; bytes < kHeader; ++bytes) {
    const size_t wanted = bytes < 4 ? 4 : bytes < 8 ? 8 : bytes < 12 ? 12 : 20;
    expect_refused(cut(file, bytes), text("the header ends after ", bytes, " bytes, wanted ", wanted));
  }
}

TEST(DarknetWeights, RefusesVersionsThatNoDarknetWrote) {
  Bytes file = counting_file();
  file[3] = std::byte{0x7f};
  expect_refused(file, "version 2130706432.2 is none of darknet's (0.1 or 0.2); is it a .weights file?");
}

TEST(DarknetWeights, RefusesTooFewAndTooManyBytes) {
  const Bytes file = counting_file();
  expect_refused(cut(file, kHeader),
                 "convolution 0 of 2 (2 filters of 3 x 3 x 3, batch-normalised) wants 248 bytes, found 0 of 0; the file "
                 "is cut, or of another network");
  expect_refused(
      cut(file, kHeader + kFirst + 4),
      "convolution 1 of 2 (3 filters of 1 x 1 x 2) wants 36 bytes, found 4 of 252; the file is cut, or of another network");
  expect_refused(cut(file, file.size() - 3),
                 "281 bytes behind the header are no whole number of floats; the file is cut or damaged");
  expect_refused(cut(file, file.size() + 4), "the 2 convolutions want 284 bytes, found 288; the file is of another network");
}

TEST(DarknetWeights, TakesAPartOnRequestOnly) {
  const Bytes backbone = cut(counting_file(), kHeader + kFirst);
  expect_refused(backbone,
                 "convolution 1 of 2 (3 filters of 1 x 1 x 2) wants 36 bytes, found 0 of 248; the file is cut, or of another "
                 "network");
  const DarknetLoad partial = load(backbone, {.partial = true});
  EXPECT_EQ(partial.convolutions.size(), 1u);
  EXPECT_EQ(partial.report(), "1 of 2 convolutions taken, 1 left as they were");

  const DarknetLoad first = load(counting_file(), {.max_convolutions = 1});
  EXPECT_EQ(first.convolutions.size(), 1u);
  EXPECT_EQ(first.report(), "1 of 2 convolutions taken, 1 left as they were; 9 numbers of the file unread");

  expect_refused(
      cut(counting_file(), kHeader + kFirst + 4),
      "convolution 1 of 2 (3 filters of 1 x 1 x 2) wants 36 bytes, found 4 of 252; the file is cut, or of another network",
      {.partial = true});
  expect_refused(cut(counting_file(), kHeader + kFirst + kSecond + 4),
                 "the 2 convolutions want 284 bytes, found 288; the file is of another network",
                 {.partial = true});
  expect_refused(cut(counting_file(), kHeader),
                 "convolution 0 of 2 (2 filters of 3 x 3 x 3, batch-normalised) wants 248 bytes, found 0 of 0; "
                 "the file is cut, or of another network",
                 {.max_convolutions = 1});
}

TEST(DarknetWeights, RefusesNumbersThatAreNone) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto with = [](size_t index, float value) {
    Bytes file = counting_file();
    set_float(file, index, value);
    return file;
  };
  expect_refused(with(0, kNan), "convolution 0: the beta holds nan");
  expect_refused(with(2, kInfinity), "convolution 0: the gamma holds inf");
  expect_refused(with(4, -kInfinity), "convolution 0: the mean holds -inf");
  expect_refused(with(6, kNan), "convolution 0: the variance holds nan");
  expect_refused(with(7, -0.25f), "convolution 0: the variance holds -0.25; is the file of another network?");
  expect_refused(with(8, kNan), "convolution 0: the kernel holds nan");
  expect_refused(with(62, kNan), "convolution 1: the bias holds nan");
  expect_refused(with(70, kInfinity), "convolution 1: the kernel holds inf");
  EXPECT_EQ(load(with(70, kInfinity), {.max_convolutions = 1}).convolutions.size(), 1u);  // what is not taken may hold anything
}

TEST(DarknetWeights, RefusesShapesWhoseSizesWrap) {
  const DarknetWeights weights = parse_weights(counting_file(), "w");
  const int64_t huge = int64_t{1} << 40;
  const std::vector<DarknetConvolutionShape> shapes = {{huge, huge, 3, false}};
  expect_error(ErrorKind::model, "weights of a convolution: the product 1099511627776 x 9895604649985 does not fit 64 bits",
               [&] { take_convolutions(weights, shapes); });
  const std::vector<DarknetConvolutionShape> none = {{0, 3, 3, false}};
  expect_error(ErrorKind::model, "weights of a convolution: there are none of 0 filters of 3 x 3 x 3",
               [&] { take_convolutions(weights, none); });
}

TEST(DarknetWeights, ReadsBackWhatItWrites) {
  ScratchFolder folder;
  const auto shapes = yolov3_tiny_network(3, yolov3_tiny_anchors(), 96).convolutions();
  const std::vector<ConvolutionWeights> written = testing::random_weights(shapes, 5);
  write_weights(folder / "t.weights", written, 12'345'678'901u);
  const DarknetWeights read = read_weights(folder / "t.weights");
  EXPECT_EQ(read.seen, 12'345'678'901u);
  EXPECT_TRUE(testing::equal(take_convolutions(read, shapes).convolutions, written));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"t.weights"});
}

// A cut at every 4 KiB is refused; on request one at the edge of a convolution is not.
TEST(DarknetWeights, RefusesAFileCutAtEvery4KiB) {
  ScratchFolder folder;
  const std::vector<DarknetConvolutionShape> shapes = {{64, 16, 3, true}, {32, 64, 3, true}, {255, 32, 1, false}};
  write_weights(folder / "w.weights", testing::random_weights(shapes, 5), 0);
  const Bytes file = read_file(folder / "w.weights");
  const auto convolutions_in = [&](size_t bytes, bool partial) -> int {
    try {
      const DarknetWeights part = parse_weights(cut(file, bytes), "w");
      return static_cast<int>(take_convolutions(part, shapes, {.partial = partial}).convolutions.size());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
      return -1;
    }
  };
  for (size_t bytes = 0; bytes < file.size(); bytes += 4096) {
    EXPECT_EQ(convolutions_in(bytes, false), -1) << bytes;
    EXPECT_EQ(convolutions_in(bytes, true), -1) << bytes;
  }
  const size_t edge = kHeader + 4 * 64 * (16 * 9 + 4);
  EXPECT_EQ(convolutions_in(edge, true), 1);
  EXPECT_EQ(convolutions_in(edge, false), -1);
  EXPECT_EQ(convolutions_in(file.size(), false), 3);
}

TEST(DarknetWeights, RefusesOrReadsAnyBytes) {
  const Bytes file = counting_file();
  const RandomKey random{.seed = 3, .purpose = RandomPurpose::test};
  uint64_t draw = 0;
  const auto below = [&](size_t bound) { return random.word(draw++) % bound; };
  for (int round = 0; round < 20'000; ++round) {
    Bytes changed = file;
    for (size_t changes = 1 + below(8); changes > 0; --changes)
      changed[below(changed.size())] = static_cast<std::byte>(below(256));
    if (below(4) == 0) changed.resize(below(2 * file.size()));
    try {
      load(changed, {.partial = below(2) == 0});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model) << error.what();
    }
  }
}

TEST(DarknetWeights, KeepsTheOldFileWhereverASaveFails) {
  ScratchFolder folder;
  const std::vector<ConvolutionWeights> weights = testing::random_weights(kShapes, 1);
  int points = 0;
  for (int nth = 1;; ++nth) {
    write_file_atomically(folder / "w.weights", [](ByteSink& sink) { sink.write("old"); });
    FaultyFileOps files;
    files.fail("any", nth, ENOSPC);
    bool failed = false, in_place = false;
    try {
      write_weights(folder / "w.weights", weights, 0, files);
    } catch (const Error& error) {
      failed = true;
      in_place = std::string(error.what()).find("is in place") != std::string::npos;
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_NE(std::string(error.what()).find("w.weights"), std::string::npos);
    }
    if (!files.acted()) break;
    const size_t size = read_file(folder / "w.weights").size();
    EXPECT_EQ(size, failed && !in_place ? 3u : kHeader + kFirst + kSecond) << "failing call " << nth;
    ++points;
  }
  EXPECT_GE(points, 8);
}

TEST(DarknetWeights, RefusesToWriteWhatItCouldNotRead) {
  const auto write = [](const ConvolutionWeights& weights) {
    return [=] { write_weights("never_written.weights", std::vector<ConvolutionWeights>{weights}, 0); };
  };
  ConvolutionWeights weights = testing::random_weights(kShapes, 1)[1];
  weights.bias = HostTensor(DType::f32, {4});
  expect_error(ErrorKind::model, "[darknet weights] convolution 0: bias, gamma, beta, mean and variance are each f32 (3,)",
               write(weights));
  weights.bias.reset();
  expect_error(ErrorKind::model, "[darknet weights] convolution 0: wanted either a bias or a batch normalization",
               write(weights));
  weights.kernel = HostTensor(DType::f32, {1, 2, 2, 3});
  expect_error(ErrorKind::model,
               "[darknet weights] convolution 0: the kernel is f32 (1, 2, 2, 3); wanted f32 (size, size, channels, filters)",
               write(weights));
}

}  // namespace
}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// A whole model trained on the cuda device over the recording fake: what a step asks of CUDA before, inside and after
// its capture, and what becomes of a call that fails. The fake launches nothing, so the numbers mean nothing here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/compile/make_plan.h"
#include "core/exec/executor.h"
#include "core/runtime/cuda/cuda_device.h"
#include "kernels/all_ops.h"
#include "layers/lamina.h"
#include "tests/testing/fake_cuda.h"

namespace lamina {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::FakeCuda;
using Calls = std::vector<std::string>;

// Sees where each batch ends in the fake's record.
struct BatchMarks final : Callback {
  explicit BatchMarks(const FakeCuda& fake) : cuda(fake) {}
  void on_train_batch_end(int64_t, const Logs&) override { ends.push_back(cuda.calls().size()); }

  const FakeCuda& cuda;
  std::vector<size_t> ends;
};

Model sequence_model() {
  const Value x = Input({4}, {.name = "x", .dtype = DType::i32});
  Value y = LSTM(5, {.return_sequences = true})(Embedding(7, 3)(x));
  y = Dropout(0.5)(LSTM(4)(y));
  Model model({x}, {Dense(3, {.name = "out", .activation = "softmax"})(y)});
  model.compile({.optimizer = adam({.clipping = {.clip_norm = 1.0}}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}, .device = "cuda", .seed = 1});
  return model;
}

void fit(Model& model, int64_t samples, std::vector<std::shared_ptr<Callback>> callbacks = {}) {
  const HostTensor x(DType::i32, {samples, 4});
  HostTensor y(DType::f32, {samples, 3});
  for (int64_t i = 0; i < samples; ++i) y.as<float>()[static_cast<size_t>(3 * i)] = 1;
  model.fit(x, y, {.batch_size = 2, .shuffle = false, .verbose = 0, .callbacks = std::move(callbacks)});
}

TEST(CapturedTraining, AStepHoldsWorkAloneAndIsReplayedEverAfter) {
  FakeCuda cuda;
  {
    Model model = sequence_model();
    const auto marks = std::make_shared<BatchMarks>(cuda);
    fit(model, 8, {marks});
    ASSERT_EQ(marks->ends.size(), 4u);

    const auto first = cuda.calls().begin();
    const auto begin = std::find(first, cuda.calls().end(), "cudaStreamBeginCapture");
    const auto end = std::find(begin, cuda.calls().end(), "cudaStreamEndCapture");
    ASSERT_NE(end, cuda.calls().end());
    EXPECT_GT(begin - first, static_cast<std::ptrdiff_t>(marks->ends[0])) << "the first step runs plainly";
    EXPECT_LT(end - first, static_cast<std::ptrdiff_t>(marks->ends[1])) << "the second is captured";

    const Calls inside(begin + 1, end);
    EXPECT_GT(std::count(inside.begin(), inside.end(), "cudaLaunchKernel"), 20);
    const std::set<std::string> work = {"cudaLaunchKernel", "cudaLaunchCooperativeKernel", "cudaMemsetAsync", "cudaMemcpyAsync", "cudaFuncSetAttribute"};
    for (const std::string& call : inside) EXPECT_TRUE(work.contains(call)) << call;
    EXPECT_EQ(cuda.count("cudaGraphInstantiate"), 1);

    for (size_t batch : {size_t{2}, size_t{3}}) {
      const Calls step(first + static_cast<std::ptrdiff_t>(marks->ends[batch - 1]), first + static_cast<std::ptrdiff_t>(marks->ends[batch]));
      EXPECT_EQ(std::count(step.begin(), step.end(), "cudaGraphLaunch"), 1);
      for (const char* never : {"cudaLaunchKernel", "cudaMalloc", "cudaFree", "cudaHostAlloc", "cudaFreeHost", "cudaStreamBeginCapture"}) {
        EXPECT_EQ(std::count(step.begin(), step.end(), never), 0) << never << " in batch " << batch;
      }
    }
    EXPECT_THAT(cuda.violations(), IsEmpty());
  }
  EXPECT_EQ(cuda.live(), "");
}

TEST(CapturedTraining, TheLastShortBatchHasACaptureOfItsOwn) {
  FakeCuda cuda;
  Model model = sequence_model();
  for (int epoch = 0; epoch < 3; ++epoch) fit(model, 5);
  EXPECT_EQ(cuda.count("cudaGraphInstantiate"), 2);
  EXPECT_THAT(cuda.violations(), IsEmpty());
}

// Ten batch sizes of which three at once fill the GPU.
TEST(Plans, MakeRoomForEachOtherWhereMemoryIsShort) {
  FakeCuda cuda({.memory = size_t{24} << 20});
  const Value x = Input({1000}, {.name = "x"});
  Model model({x}, {Activation("tanh")(Dense(1000)(x))});
  model.compile({.optimizer = "sgd", .loss = "mse", .device = "cuda"});
  for (int64_t batch = 500; batch < 510; ++batch) {
    EXPECT_EQ(model.predict(HostTensor(DType::f32, {batch, 1000}), {.batch_size = batch}).extents(), (Extents{batch, 1000}));
  }
  EXPECT_THAT(cuda.violations(), IsEmpty());
  EXPECT_THROW(model.predict(HostTensor(DType::f32, {5000, 1000}), {.batch_size = 5000}), Error) << "one alone that does not fit";
}

struct Watcher final : StepObserver {
  void on_step(const Step&, double) override {}
};

TEST(CapturedTraining, AStepThatWasWatchedIsCapturedOnceNobodyWatches) {
  FakeCuda cuda;
  const std::shared_ptr<Device> device = make_cuda_device();
  static const OpRegistry ops = kernels::all_ops();
  const Graph graph{.outputs = {{"y", exp(input_value("x", DType::f32, Shape{3}))}}};
  Executor executor(std::make_shared<const Plan>(make_plan(graph, {}, ops, {.device = DeviceKind::cuda})), device);
  Watcher watcher;
  executor.set_observer(&watcher);
  for (int run = 0; run < 2; ++run) executor.run({{"x", HostTensor(DType::f32, {3})}});
  EXPECT_EQ(cuda.count("cudaStreamBeginCapture"), 0);
  executor.set_observer(nullptr);
  for (int run = 0; run < 2; ++run) executor.run({{"x", HostTensor(DType::f32, {3})}});
  EXPECT_EQ(cuda.count("cudaStreamBeginCapture"), 1);
  EXPECT_EQ(cuda.count("cudaGraphLaunch"), 2);
}

// Each call of compile and three steps fails once, in a run of its own. What is released is released all the same.
TEST(CapturedTraining, EveryCallThatFailsIsExitSixAndLeaksNothing) {
  int failed_at = 1, thrown = 0;
  for (;; ++failed_at) {
    FakeCuda cuda;
    cuda.fail_call(failed_at);
    try {
      const Value x = Input({2}, {.name = "x"});
      Model model({x}, {Dense(1)(x)});
      model.compile({.optimizer = "sgd", .loss = "mse", .device = "cuda", .threads = 1});
      model.fit(HostTensor(DType::f32, {6, 2}), HostTensor(DType::f32, {6, 1}), {.batch_size = 2, .verbose = 0});
    } catch (const Error& error) {
      ++thrown;
      EXPECT_EQ(error.exit_code(), 6) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("[cuda]"));
    }
    EXPECT_EQ(cuda.live(), "") << "call " << failed_at;
    EXPECT_THAT(cuda.violations(), IsEmpty()) << "call " << failed_at;
    if (!cuda.failure_was_met()) break;
  }
  EXPECT_GT(failed_at, 60) << "calls of a run: fewer means that it lost a part";
  EXPECT_GT(thrown, failed_at / 2);
}

}  // namespace
}  // namespace lamina

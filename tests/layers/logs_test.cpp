// SPDX-License-Identifier: Apache-2.0
#include "layers/model/logs.h"

#include <gtest/gtest.h>

#include "layers/lamina.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

TEST(Logs, GivesANumberOrNamesThoseThereAre) {
  Logs logs;
  logs.set("loss", 0.5);
  logs.set("mae", 2);
  EXPECT_EQ(logs.at("loss"), 0.5);
  expect_error(ErrorKind::model, "no 'mea' in the logs (did you mean 'mae'?); there are 'loss', 'mae'", [&] { logs.at("mea"); });
}

TEST(HistoryOfAFit, GivesASeriesOrNamesThoseThereAre) {
  History history;
  Logs logs;
  logs.set("loss", 0.5);
  history.append(0, logs);
  EXPECT_EQ(history.at("loss"), std::vector<double>{0.5});
  expect_error(ErrorKind::model, "no 'lose' in the history (did you mean 'loss'?); there are 'loss'", [&] { history.at("lose"); });
}

struct Predictions final : Callback {
  void on_predict_batch_end(int64_t, const TensorMap& outputs) override {
    for (const auto& [name, tensor] : outputs) seen.push_back(name + text(tensor.extents()));
  }
  std::vector<std::string> seen;
};

TEST(PredictHooks, SeeTheOutputsOfEachBatchByName) {
  const Value x = Input({2}, {.name = "x"});
  Model model({x}, {Dense(3, {.name = "a"})(x), Dense(1, {.name = "b"})(x)});
  const auto predictions = std::make_shared<Predictions>();
  const TensorMap all = model.predict_all(HostTensor(DType::f32, {5, 2}), {.batch_size = 4, .callbacks = {predictions}});
  EXPECT_EQ(all.at("a").extents(), (Extents{5, 3}));
  EXPECT_EQ(predictions->seen, (std::vector<std::string>{"a(4, 3)", "b(4, 1)", "a(1, 3)", "b(1, 1)"}));
  expect_error(ErrorKind::model, "a callback is null",
               [&] { model.predict_all(HostTensor(DType::f32, {5, 2}), {.callbacks = {nullptr}}); });
}

}  // namespace
}  // namespace lamina

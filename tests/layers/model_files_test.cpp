// SPDX-License-Identifier: Apache-2.0
// Weights to and from files: round trips, the load report, and refusals that change nothing.
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "core/io/npz.h"
#include "core/io/safetensors.h"
#include "layers/lamina.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/scratch_folder.h"
#include "tests/testing/tensor_matchers.h"

namespace lamina {
namespace {

using testing::expect_error;
using testing::same_bits;

Model model_of(int64_t units = 3, const std::string& last = "out") {
  const Value x = Input({4}, {.name = "x"});
  return Model({x}, {Dense(2, {.name = last})(Dense(units, {.name = "hidden"})(x))});
}

void compile(Model& model, uint64_t seed) { model.compile({.loss = "mse", .device = "cpu", .seed = seed}); }

void expect_same(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(same_bits(a[i], b[i])) << i;
}

class ModelFiles : public ::testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

 private:
  testing::ScratchFolder folder_;
};

TEST_F(ModelFiles, RoundTripInBothFormats) {
  Model saved = model_of();
  compile(saved, 1);
  for (const char* name : {"w.safetensors", "w.npz"}) {
    SCOPED_TRACE(name);
    saved.save_weights(file(name));
    Model loaded = model_of();
    compile(loaded, 2);
    const LoadReport report = loaded.load_weights(file(name));
    EXPECT_EQ(report.loaded, 4u);
    expect_same(loaded.get_weights(), saved.get_weights());
    std::ostringstream out;
    print(report, out);
    EXPECT_EQ(out.str(),
              "hidden/kernel  loaded  (4, 3)\nhidden/bias    loaded  (3,)\nout/kernel     loaded  (3, 2)\nout/bias       loaded  (2,)\n"
              "4 of 4 loaded\n");
  }
}

TEST_F(ModelFiles, WeightsOfAnUncompiledModelAreSavedAsTheyWillStart) {
  const Model model = model_of();
  model.save_weights(file("w.npz"));
  Model loaded = model_of();
  loaded.load_weights(file("w.npz"));
  expect_same(loaded.get_weights(), model.get_weights());
}

TEST_F(ModelFiles, MismatchAndMissingAreRefusedAndNothingChanges) {
  Model saved = model_of(5, "head"), other = model_of();
  compile(saved, 1);
  compile(other, 2);
  const std::string path = file("w.safetensors");
  saved.save_weights(path);
  const std::vector<HostTensor> before = other.get_weights();
  expect_error(ErrorKind::model,
               "weights file '" + path +
                   "' does not fit the model; nothing was changed:\n"
                   "  hidden/kernel: shape mismatch the file has (4, 5), the model (4, 3)\n"
                   "  hidden/bias: shape mismatch the file has (5,), the model (3,)\n"
                   "  out/kernel: missing\n  out/bias: missing\nUse skip_mismatch or allow_missing to load what fits.",
               [&] { other.load_weights(path); });
  expect_same(other.get_weights(), before);
}

TEST_F(ModelFiles, AllowedGapsLoadTheRest) {
  Model saved = model_of(3, "head"), other = model_of();
  compile(saved, 1);
  compile(other, 2);
  saved.save_weights(file("w.npz"));
  const std::vector<HostTensor> before = other.get_weights();
  const LoadReport report = other.load_weights(file("w.npz"), {.allow_missing = true});
  std::ostringstream out;
  print(report, out);
  EXPECT_EQ(out.str(),
            "hidden/kernel  loaded  (4, 3)\nhidden/bias    loaded  (3,)\nout/kernel     missing\nout/bias       missing\n"
            "head/bias      unused  (2,)\nhead/kernel    unused  (3, 2)\n2 of 6 loaded\n");
  EXPECT_TRUE(same_bits(other.get_weights()[0], saved.get_weights()[0]));
  EXPECT_TRUE(same_bits(other.get_weights()[2], before[2]));

  Model wide = model_of(5);
  compile(wide, 3);
  expect_error(ErrorKind::model,
               "weights file '" + file("w.npz") +
                   "' has no tensor of this model: nothing was loaded. Its names are hidden/kernel, hidden/bias, head/kernel, head/bias",
               [&] { wide.load_weights(file("w.npz"), {.skip_mismatch = true, .allow_missing = true}); });
}

TEST_F(ModelFiles, MismatchesThatAreSkippedStayAsTheyAre) {
  Model saved = model_of(5), other = model_of();
  compile(saved, 1);
  compile(other, 2);
  saved.save_weights(file("w.npz"));
  const std::vector<HostTensor> before = other.get_weights();
  const LoadReport report = other.load_weights(file("w.npz"), {.skip_mismatch = true});
  std::ostringstream out;
  print(report, out);
  EXPECT_EQ(out.str(),
            "hidden/kernel  shape mismatch  the file has (4, 5), the model (4, 3)\n"
            "hidden/bias    shape mismatch  the file has (5,), the model (3,)\n"
            "out/kernel     shape mismatch  the file has (5, 2), the model (3, 2)\n"
            "out/bias       loaded  (2,)\n1 of 4 loaded\n");
  const std::vector<HostTensor> after = other.get_weights();
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(same_bits(after[i], before[i])) << i;
  EXPECT_TRUE(same_bits(after[3], saved.get_weights()[3]));
}

TEST_F(ModelFiles, WholeNumbersAreNoWeights) {
  Model model = model_of();
  compile(model, 1);
  NamedTensors tensors;
  for (const NamedVariable& named : model.variables()) tensors.tensors.push_back({named.path, named.variable->read()});
  tensors.tensors[1].tensor = HostTensor(DType::i32, {3});
  const std::string path = file("whole.npz");
  write_npz(path, tensors);
  expect_error(ErrorKind::model, "weights file '" + path + "', tensor 'hidden/bias': holds i32, the model has f32",
               [&] { model.load_weights(path); });
}

// What a stateful layer has seen is not saved: a model of another batch size loads the file.
TEST_F(ModelFiles, StatesAreNotSaved) {
  const auto build = [](int64_t batch) {
    const Value x = Input({2, 3}, {.name = "x", .batch_size = batch});
    return Model({x}, {LSTM(2, {.name = "lstm", .stateful = true})(x)});
  };
  Model saved = build(4), loaded = build(1);
  saved.predict(HostTensor(DType::f32, {4, 2, 3}));
  saved.save_weights(file("w.safetensors"));
  const LoadReport report = loaded.load_weights(file("w.safetensors"));
  EXPECT_EQ(report.rows.size(), 3u);
  EXPECT_EQ(report.loaded, 3u);
  expect_same(loaded.get_weights(), saved.get_weights());
}

// An unnamed layer is saved under the name that the saving model gave it.
TEST_F(ModelFiles, PathsFollowTheNamesOfTheModelThatSaves) {
  const Value x = Input({4}, {.name = "x"});
  const Dense last(2);
  Model alone({x}, {last(x)}), stacked({x}, {last(Dense(4)(x))});
  stacked.save_weights(file("stacked.npz"));
  alone.save_weights(file("alone.npz"));
  const auto names = [](const NamedTensors& read) {
    std::vector<std::string> result;
    for (const NamedTensor& named : read.tensors) result.push_back(named.name);
    return result;
  };
  EXPECT_EQ(names(read_npz(file("stacked.npz"))), (std::vector<std::string>{"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"}));
  EXPECT_EQ(names(read_npz(file("alone.npz"))), (std::vector<std::string>{"dense/kernel", "dense/bias"}));
}

TEST_F(ModelFiles, NonFiniteWeightsAreRefused) {
  Model model = model_of();
  compile(model, 1);
  NamedTensors tensors;
  for (const NamedVariable& named : model.variables()) tensors.tensors.push_back({named.path, named.variable->read()});
  tensors.tensors[2].tensor.as<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  const std::string path = file("nan.npz");
  write_npz(path, tensors);
  const std::vector<HostTensor> before = model.get_weights();
  expect_error(ErrorKind::model, "weights file '" + path + "', tensor 'out/kernel': element 1 is nan; weights must be finite",
               [&] { model.load_weights(path); });
  expect_same(model.get_weights(), before);
}

TEST_F(ModelFiles, NamesAndFoldersAreChecked) {
  Model model = model_of();
  expect_error(ErrorKind::usage, "weights file 'w.h5': the name must end in .safetensors or .npz", [&] { model.save_weights("w.h5"); });
  try {
    model.save_weights(file("no/such/w.npz"));
    ADD_FAILURE() << "saved into a folder that is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io) << error.what();
  }
}

TEST_F(ModelFiles, SetWeightsChecksCountAndShapesFirst) {
  Model model = model_of();
  compile(model, 1);
  std::vector<HostTensor> weights = model.get_weights();
  const std::vector<HostTensor> before = weights;
  weights[3] = HostTensor(DType::f32, {7});
  expect_error(ErrorKind::model, "weight 'out/bias' has shape (2,), got (7,)", [&] { model.set_weights(weights); });
  weights.pop_back();
  expect_error(ErrorKind::model, "the model has 4 weights, got 3", [&] { model.set_weights(weights); });
  expect_same(model.get_weights(), before);
}

}  // namespace
}  // namespace lamina

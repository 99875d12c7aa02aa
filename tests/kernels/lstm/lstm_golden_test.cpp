// SPDX-License-Identifier: Apache-2.0
// Every LSTM that Keras computed for us (tests/golden/data/layers/lstm_*): outputs and gradients, by the implementation
// that a plan chooses on each device, by the reference, and for prediction by oneDNN.
#include <gtest/gtest.h>

#include <map>

#include "core/compile/build_gradients.h"
#include "kernels/all_ops.h"
#include "kernels/lstm/lstm.h"
#include "tests/testing/devices.h"
#include "tests/testing/golden.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using nlohmann::json;

ScalarFunction function_named(const std::string& name) {
  if (name == "linear") return ScalarFunction::copy;
  for (int i = 0; i < scalar_function_count(); ++i) {
    if (info_of(static_cast<ScalarFunction>(i)).name == name) return static_cast<ScalarFunction>(i);
  }
  throw Error(ErrorKind::internal, "golden names an unknown function " + name);
}

// Inputs of a graph whose names and contents are kept together.
struct FedGraph {
  Graph graph;
  Feed feed;
  Value input(const std::string& name, const HostTensor& contents) {
    feed.insert_or_assign(name, contents);
    return input_value(name, contents.dtype(), contents.extents());
  }
};

struct Call {
  json args;
  testing::NamedTensors weights;
  HostTensor x;
  std::vector<HostTensor> initial_state;
  std::optional<HostTensor> mask;
};

struct Traced {
  std::vector<Value> outputs;  // as the Keras layer returns them
  std::vector<Value> sources;  // x, weights, initial state
};

Traced trace(const Call& call, FedGraph& fed, bool keep_for_backward) {
  Traced traced;
  traced.sources = {fed.input("x", call.x)};
  for (const auto& [name, value] : call.weights) traced.sources.push_back(fed.input(name, value));
  LstmOptionalInputs optional;
  if (call.args.at("use_bias").get<bool>()) optional.bias = traced.sources.at(3);
  if (!call.initial_state.empty()) {
    optional.h0 = fed.input("h0", call.initial_state.at(0)), optional.c0 = fed.input("c0", call.initial_state.at(1));
    traced.sources.insert(traced.sources.end(), {optional.h0, optional.c0});
  }
  if (call.mask) optional.mask = fed.input("mask", *call.mask);
  const LstmOptions options{.activation = function_named(call.args.at("activation")),
                            .recurrent_activation = function_named(call.args.at("recurrent_activation")),
                            .reverse = call.args.at("go_backwards").get<bool>(),
                            .zero_output_for_mask = call.args.at("zero_output_for_mask").get<bool>(),
                            .keep_for_backward = keep_for_backward};
  const LstmResult result = lstm(traced.sources[0], traced.sources[1], traced.sources[2], optional, options);
  traced.outputs = {call.args.at("return_sequences").get<bool>() ? result.sequence : result.last};
  if (call.args.at("return_state").get<bool>()) traced.outputs.insert(traced.outputs.end(), {result.h, result.c});
  // Stateful cases name the states that the next step starts from.
  if (call.args.at("stateful").get<bool>()) traced.outputs.insert(traced.outputs.end(), {result.h, result.c});
  return traced;
}

// Outputs, then the gradients of sum(outputs * cotangents) for the sources.
std::vector<HostTensor> run(const Call& call, const json& cotangents, const PlanOptions& options) {
  FedGraph fed;
  const Traced traced = trace(call, fed, true);
  std::vector<Value> seeds, differentiated;
  for (size_t i = 0; i < cotangents.size(); ++i) {
    seeds.push_back(fed.input(text("cotangent_", i), testing::tensor_of(cotangents[i])));
    differentiated.push_back(traced.outputs.at(i));
  }
  std::vector<Value> values = traced.outputs;
  for (const Value& gradient : build_gradients(differentiated, seeds, traced.sources)) values.push_back(gradient);
  return testing::run_values(values, fed.feed, options);
}

// What the file says of one call, in the order of run(), with a name for each.
std::vector<std::pair<std::string, json>> expected_of(const json& expected) {
  std::vector<std::pair<std::string, json>> list;
  for (const auto& output : expected.at("outputs")) list.emplace_back(text("output ", list.size()), output);
  if (expected.contains("states_after")) {
    list.emplace_back("h after", expected.at("states_after").at(0));
    list.emplace_back("c after", expected.at("states_after").at(1));
  }
  list.emplace_back("gradient of x", expected.at("grad_inputs").at(0));
  for (const auto& weight : expected.at("grad_weights")) {
    list.emplace_back("gradient of " + weight.at("name").get<std::string>(), weight.at("value"));
  }
  if (expected.contains("grad_initial_state")) {
    list.emplace_back("gradient of h0", expected.at("grad_initial_state").at(0));
    list.emplace_back("gradient of c0", expected.at("grad_initial_state").at(1));
  }
  return list;
}

Call call_of(const json& file, const json& one) {
  Call call{file.at("config").at("args"),
            testing::named_tensors_of(file.at("weights")),
            testing::tensor_of(one.at("inputs").at(0)),
            {},
            {}};
  if (one.contains("mask")) call.mask = testing::tensor_of(one.at("mask"));
  if (one.contains("initial_state")) {
    for (const auto& state : one.at("initial_state")) call.initial_state.push_back(testing::tensor_of(state));
  }
  return call;
}

void check(const json& file, const PlanOptions& options) {
  if (!file.contains("steps")) {
    const std::vector<HostTensor> got = run(call_of(file, file), file.at("cotangents"), options);
    const auto expected = expected_of(file.at("expected"));
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(testing::is_golden(got[i], expected[i].second)) << expected[i].first;
    return;
  }
  // A stateful layer is an initial state handed on; the gradient of the state is not part of the golden.
  std::vector<HostTensor> states;
  for (const json& step : file.at("steps")) {
    Call call = call_of(file, step);
    const Extents state{call.x.extents()[0], file.at("config").at("args").at("units").get<int64_t>()};
    if (step.at("reset_before").get<bool>()) states = {HostTensor(DType::f32, state), HostTensor(DType::f32, state)};
    call.initial_state = states;
    const std::vector<HostTensor> got = run(call, step.at("cotangents"), options);
    const auto expected = expected_of(step.at("expected"));
    ASSERT_EQ(got.size(), expected.size() + 2);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(testing::is_golden(got[i], expected[i].second)) << expected[i].first;
    states = {got[1], got[2]};
  }
}

std::vector<std::string> lstm_files() {
  std::vector<std::string> names;
  for (const std::string& name : testing::golden_names("layers")) {
    if (name.starts_with("layers/lstm_")) names.push_back(name);
  }
  return names;
}

class LstmGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(LstmGolden, HoldsOnEveryDevice) {
  const json file = testing::load_golden(GetParam());
  for (const DeviceKind kind : testing::available_devices()) {
    SCOPED_TRACE(name_of(kind));
    check(file, testing::plan_options(kind));
  }
}

TEST_P(LstmGolden, HoldsByTheReference) {
  PlanOptions options = testing::plan_options(DeviceKind::cpu);
  options.forced_impls = {{"lstm", "reference"}, {"lstm_backward", "reference"}};
  check(testing::load_golden(GetParam()), options);
}

// No option falls through to the slow loops.
TEST_P(LstmGolden, IsTrainedByTheCell) {
  const json file = testing::load_golden(GetParam());
  FedGraph fed;
  const Traced traced = trace(call_of(file, file.contains("steps") ? file.at("steps").at(0) : file), fed, true);
  for (const Value& gradient :
       build_gradients(std::vector<Value>{traced.outputs[0]}, std::vector<Value>{Value()}, traced.sources)) {
    fed.graph.outputs.push_back({text("gradient_", fed.graph.outputs.size()), gradient});
  }
  const OpRegistry ops = kernels::all_ops();
  for (const DeviceKind kind : {DeviceKind::cpu, DeviceKind::sim}) {
    const Plan plan = make_plan(fed.graph, {}, ops, testing::plan_options(kind));
    std::ostringstream printed;
    print_plan(plan, printed);
    EXPECT_NE(printed.str().find(text("lstm/", kind, "/cell")), std::string::npos) << printed.str();
    EXPECT_NE(printed.str().find(text("lstm_backward/", kind, "/cell")), std::string::npos) << printed.str();
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, LstmGolden, ::testing::ValuesIn(lstm_files()), testing::golden_case_name);

TEST(LstmOnednn, PredictsWhatKerasDoes) {
  PlanOptions options = testing::plan_options(DeviceKind::cpu);
  options.forced_impls = {{"lstm", "onednn"}};
  for (const char* name : {"lstm_default", "lstm_no_bias", "lstm_return_sequences", "lstm_sequences_and_state",
                           "lstm_wide_input", "lstm_initial_state_sequences_and_state", "lstm_one_step"}) {
    const json file = testing::load_golden(std::string("layers/") + name);
    FedGraph fed;
    const Traced traced = trace(call_of(file, file), fed, false);
    const std::vector<HostTensor> got = testing::run_values(traced.outputs, fed.feed, options);
    const auto expected = expected_of(file.at("expected"));
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(testing::is_golden(got[i], expected[i].second)) << name << " " << expected[i].first;
  }
}

}  // namespace
}  // namespace lamina

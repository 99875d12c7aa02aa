// SPDX-License-Identifier: Apache-2.0
// The numbers that data gives to the symbols of a graph, and what does not fit: by the names that users know.
#include "core/compile/signature.h"

#include <gtest/gtest.h>

#include "core/compile/bind_losses.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

const Dim kBatch = Dim::symbol("batch"), kSteps = Dim::symbol("steps");

// x (batch, steps, 3) and, of output "out", y (batch, steps) and sample weights (batch).
Graph graph() {
  Graph graph;
  for (const auto& [name, shape] : std::vector<std::pair<std::string, Shape>>{{"x", {kBatch, kSteps, 3}},
                                                                              {target_input("out"), {kBatch, kSteps}},
                                                                              {sample_weight_input("out"), {kBatch}}}) {
    graph.outputs.push_back({"sum_of_" + name, sum(input_value(name, DType::f32, shape))});
  }
  return graph;
}

std::map<std::string, Extents> shapes() {
  return {{"x", {2, 5, 3}}, {target_input("out"), {2, 5}}, {sample_weight_input("out"), {2}}, {"not_read", {9}}};
}

void expect_refused(const std::string& name, const Extents& extents, const std::string& message) {
  auto given = shapes();
  given.insert_or_assign(name, extents);
  expect_error(ErrorKind::model, message, [&] { signature_of(graph(), given); });
}

TEST(Signature, ReadsTheSymbolsOffTheData) {
  EXPECT_EQ(signature_of(graph(), shapes()), (SymbolBindings{{"batch", 2}, {"steps", 5}}));
}

TEST(Signature, NamesWhatHasAnotherShape) {
  expect_refused("x", {2, 5, 4}, "input 'x' is incompatible with the model: expected shape=(batch, steps, 3), found shape=(2, 5, 4)");
  expect_refused("x", {2, 5}, "input 'x' is incompatible with the model: expected shape=(batch, steps, 3), found shape=(2, 5)");
  expect_refused(target_input("out"), {2, 5, 7},
                 "y of output 'out' is incompatible with the model: expected shape=(batch, steps), found shape=(2, 5, 7)");
  expect_refused(sample_weight_input("out"), {2, 5},
                 "sample_weight of output 'out' is incompatible with the model: expected shape=(batch,), found shape=(2, 5)");
}

TEST(Signature, RefusesOneSymbolWithTwoNumbers) {
  auto given = shapes();
  given.insert_or_assign(target_input("out"), Extents{2, 4});
  try {
    signature_of(graph(), given);
    ADD_FAILURE() << "two lengths were taken";
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()) == "y of output 'out': dimension 'steps' is 4 here and 5 in another input" ||
                std::string(error.what()) == "input 'x': dimension 'steps' is 5 here and 4 in another input")
        << error.what();
  }
}

TEST(Signature, NamesMissingDataAndTheNearest) {
  auto given = shapes();
  given.erase(target_input("out"));
  expect_error(ErrorKind::model, "no data for y of output 'out'; given are 'not_read', 'out/sample_weight', 'x'",
               [&] { signature_of(graph(), given); });
  given.emplace("out/tarqet", Extents{2, 5});
  expect_error(ErrorKind::model,
               "no data for y of output 'out'; given are 'not_read', 'out/sample_weight', 'out/tarqet', 'x' (did you mean 'out/tarqet'?)",
               [&] { signature_of(graph(), given); });
}

TEST(Signature, DimensionsOfInputsAreNumbersOrSymbols) {
  Graph graph;
  graph.outputs.push_back({"sum", sum(input_value("x", DType::f32, Shape{kBatch, kSteps + 1}))});
  expect_error(ErrorKind::model, "input 'x': dimension 'steps+1' must be a number or one symbol",
               [&] { signature_of(graph, {{"x", {2, 5}}}); });
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// reorder has no cases, because only layouts tell its nodes apart: every implementation against the places written out
// here, and the way through assign_layouts with an op that wants its input blocked.
#include "core/graph/reorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/graph/pointwise.h"
#include "core/graph/reshape.h"
#include "kernels/all_ops.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Layout kRowMajor = Layout::row_major();

// Runs one implementation on memory as it lies: `in` is what layout `from` holds, the result what layout `to` holds.
template <class T>
std::vector<T> reordered(const KernelImpl& impl, const Extents& extents, const Layout& from, const Layout& to,
                         const std::vector<T>& in) {
  const Attributes attributes = ReorderAttributes{from, to};
  const std::vector<TensorType> types = {{kDTypeOf<T>, extents}};
  const Prepared prepared = impl.prepare({attributes, types, types});
  const auto device = testing::device(impl.device);
  std::vector<T> out(static_cast<size_t>(to.bytes(extents, 1)), T{99});
  const Buffer x = device->allocate(in.size() * sizeof(T), "x"), y = device->allocate(out.size() * sizeof(T), "y");
  device->upload(x.data(), in.data(), in.size() * sizeof(T));
  device->upload(y.data(), out.data(), out.size() * sizeof(T));  // so that a lane that is not written is seen
  const std::vector<TensorView> inputs = {{x.data(), kDTypeOf<T>, extents}},
                                outputs = {{y.data(), kDTypeOf<T>, extents}};
  KernelContext context{attributes, inputs, outputs, nullptr, prepared.state.get(), device->stream()};
  impl.launch(context);
  device->download(out.data(), y.data(), out.size() * sizeof(T));
  device->synchronize();
  return out;
}

template <class T>
std::vector<T> numbers(int64_t count) {
  std::vector<T> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<T>(1 + i % 97));
  return values;
}

// All but oneDNN's, which takes only the formats of its primitives (the cases of conv2d go through it).
std::vector<const KernelImpl*> available_impls() {
  static const OpRegistry ops = kernels::all_ops();
  std::vector<const KernelImpl*> impls;
  for (const DeviceKind kind : testing::available_devices()) {
    for (const KernelImpl* impl : ops.impls("reorder", kind)) {
      if (impl->name != "onednn") impls.push_back(impl);
    }
  }
  return impls;
}

const KernelImpl& reference() {
  for (const KernelImpl* impl : available_impls()) {
    if (impl->name == "reference") return *impl;
  }
  throw Error(ErrorKind::internal, "reorder has no reference");
}

bool accepts(const KernelImpl& impl, const Extents& extents, DType dtype, const Layout& from, const Layout& to) {
  const Attributes attributes = ReorderAttributes{from, to};
  const std::vector<TensorType> types = {{dtype, extents}};
  return impl.accepts({attributes, types, types}).accepted();
}

TEST(Reorder, BlocksTheInnermostAxisAndPadsItWithZeros) {
  for (const KernelImpl* impl : available_impls()) {
    const auto blocked = reordered<int32_t>(*impl, {2, 3}, kRowMajor, Layout::blocked(1, 2), {1, 2, 3, 4, 5, 6});
    EXPECT_THAT(blocked, ElementsAre(1, 2, 3, 0, 4, 5, 6, 0)) << impl->full_name();
  }
}

TEST(Reorder, BlocksAnOuterAxisBehindTheInnerOnes) {
  // (3 channels, 2 places) in blocks of 2 channels: (2 blocks, 2 places, 2 lanes).
  for (const KernelImpl* impl : available_impls()) {
    const auto blocked = reordered<int32_t>(*impl, {3, 2}, kRowMajor, Layout::blocked(0, 2), {1, 2, 3, 4, 5, 6});
    EXPECT_THAT(blocked, ElementsAre(1, 3, 2, 4, 5, 0, 6, 0)) << impl->full_name();
  }
}

template <class T>
void there_and_back() {
  struct Tensor {
    Extents extents;
    Layout layout;
  };
  const std::vector<Tensor> tensors = {
      {{4}, Layout::blocked(0, 8)},
      {{5, 7, 3}, Layout::blocked(2, 2)},
      {{2, 5, 3, 3}, Layout::blocked(1, 4)},
      {{2, 13, 3, 5}, Layout::blocked(1, 8)},
      {{17, 3, 3, 5}, Layout::blocked(0, 16)},
      {{2, 3, 3, 32}, Layout::blocked(3, 16)},
      {{3, 1, 4}, Layout::blocked(1, 4)},
      {{0, 5}, Layout::blocked(1, 4)},
      {{3, 0}, Layout::blocked(1, 4)},
      {{2, 130, 19, 19}, Layout::blocked(1, 16)},
  };
  for (const KernelImpl* impl : available_impls()) {
    for (const auto& [extents, layout] : tensors) {
      const std::vector<T> x = numbers<T>(extents.count());
      const std::vector<T> blocked = reordered<T>(*impl, extents, kRowMajor, layout, x);
      EXPECT_EQ(std::accumulate(blocked.begin(), blocked.end(), int64_t{0}),
                std::accumulate(x.begin(), x.end(), int64_t{0}))
          << impl->full_name() << " " << extents << ": lanes that are padded hold zero";
      EXPECT_EQ(reordered<T>(*impl, extents, layout, kRowMajor, blocked), x) << impl->full_name() << " " << extents;
    }
  }
}

TEST(Reorder, ThereAndBackIsTheTensorInEveryWidth) {
  there_and_back<int32_t>();
  there_and_back<uint8_t>();
}

TEST(Reorder, AllImplementationsGiveTheSameMemory) {
  for (const auto& [from, to] :
       std::vector<std::pair<Layout, Layout>>{{kRowMajor, Layout::blocked(1, 4)},
                                              {Layout::blocked(1, 4), kRowMajor},
                                              {Layout::blocked(1, 4), Layout::blocked(3, 2)},
                                              {Layout::blocked(1, 4), Layout::blocked(1, 8)},
                                              {Layout::blocked(0, 4), Layout::blocked(1, 4)}}) {
    const Extents extents = {3, 6, 2, 5};
    const std::vector<int32_t> x = numbers<int32_t>(extents.count());
    const std::vector<int32_t> in = reordered<int32_t>(reference(), extents, kRowMajor, from, x);
    const std::vector<int32_t> expected = reordered<int32_t>(reference(), extents, from, to, in);
    EXPECT_EQ(reordered<int32_t>(reference(), extents, to, kRowMajor, expected), x) << from << " to " << to;
    int others = 0;
    for (const KernelImpl* impl : available_impls()) {
      if (impl == &reference() || !accepts(*impl, extents, DType::i32, from, to)) continue;
      EXPECT_EQ(reordered<int32_t>(*impl, extents, from, to, in), expected)
          << impl->full_name() << " " << from << " to " << to;
      ++others;
    }
    EXPECT_GE(others, 1);
  }
}

TEST(Reorder, RefusesOpaqueLayoutsWithAReason) {
  const Attributes attributes = ReorderAttributes{kRowMajor, Layout::opaque("onednn:bf16:ldgoi32o", 4096)};
  const std::vector<TensorType> types = {{DType::f32, Shape{2, 3}}};
  for (const KernelImpl* impl : available_impls()) {
    const Verdict verdict = impl->accepts({attributes, types, types});
    ASSERT_FALSE(verdict.accepted()) << impl->full_name();
    EXPECT_THAT(verdict.reason(), HasSubstr("onednn:bf16:ldgoi32o"));
  }
}

TEST(Reorder, RefusesABlockedAxisThatTheTensorDoesNotHave) {
  for (const KernelImpl* impl : available_impls()) {
    EXPECT_FALSE(accepts(*impl, {2, 3}, DType::f32, kRowMajor, Layout::blocked(2, 4))) << impl->full_name();
  }
}

TEST(Reorder, TakesF64OnlyInTheReference) {
  for (const KernelImpl* impl : available_impls()) {
    EXPECT_EQ(accepts(*impl, {2, 3}, DType::f64, kRowMajor, Layout::blocked(1, 4)), impl->name == "reference")
        << impl->full_name();
  }
}

// An op whose only implementation wants channels (axis 1) in blocks of 4, and may leave its result so. It multiplies by
// `factor`, padded lanes included, so that a lane that is not zero would show in the next reader's sum.
struct BlockedAttributes {
  double factor = 1;
  bool blocked_output = false;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("factor", factor), field("blocked_output", blocked_output);
  }
  friend bool operator==(const BlockedAttributes&, const BlockedAttributes&) = default;
};

const Layout kBlocked = Layout::blocked(1, 4);

const OpDef& blocked_op() {
  static const OpDef op{
      .name = "blocked_scale",
      .infer = [](const Attributes&, std::span<const TensorType> inputs) { return std::vector<TensorType>{inputs[0]}; },
      .gradient = {},
      .flops = {}};
  return op;
}

Prepared prepare_blocked(const KernelQuery& query) {
  Prepared prepared;
  prepared.input_layouts = {kBlocked};
  prepared.output_layouts = {query.attributes.get<BlockedAttributes>().blocked_output ? kBlocked : Layout::row_major()};
  return prepared;
}

// x (N, C, P) lies as (N, blocks, P, 4).
void launch_blocked(KernelContext& context) {
  const auto& [factor, blocked_output] = context.attributes.get<BlockedAttributes>();
  const Extents& extents = context.inputs[0].extents;
  const int64_t blocks = (extents[1] + 3) / 4;
  const float* const x = context.inputs[0].as<float>();
  float* const y = context.outputs[0].as<float>();
  for (int64_t n = 0; n < extents[0]; ++n) {
    for (int64_t c = 0; c < blocks * 4; ++c) {
      for (int64_t p = 0; p < extents[2]; ++p) {
        const int64_t from = ((n * blocks + c / 4) * extents[2] + p) * 4 + c % 4;
        LAMINA_CHECK(c < extents[1] || x[from] == 0, "padded lane ", c, " holds ", x[from]);
        const auto scaled = static_cast<float>(factor) * x[from];
        if (blocked_output) y[from] = scaled;
        if (!blocked_output && c < extents[1]) y[(n * extents[1] + c) * extents[2] + p] = scaled;
      }
    }
  }
}

OpRegistry registry_with_blocked_op() {
  OpRegistry ops = kernels::all_ops();
  const KernelImpl impl{"blocked_scale", DeviceKind::cpu, "by_4", [](const KernelQuery&) { return Verdict::yes(); },
                        prepare_blocked, launch_blocked};
  ops.add(blocked_op(), {&impl, 1}, nullptr);
  return ops;
}

Value blocked_scale(const Value& x, double factor, bool blocked_output = false) {
  return make_value(blocked_op(), BlockedAttributes{factor, blocked_output}, {x});
}

struct Outcome {
  Feed results;
  std::map<std::string, int> steps;  // by op
};

Outcome run(const Graph& graph, const Feed& feed) {
  const OpRegistry ops = registry_with_blocked_op();
  auto plan = std::make_shared<const Plan>(
      make_plan(graph, testing::bindings_of(graph, feed), ops, testing::plan_options(DeviceKind::cpu)));
  Outcome outcome;
  for (const Step& step : plan->steps) ++outcome.steps[step.op->name];
  outcome.results = Executor(plan, testing::device(DeviceKind::cpu)).run(feed);
  return outcome;
}

HostTensor counted(const Extents& extents, float factor = 1) {
  std::vector<float> values;
  for (int64_t i = 0; i < extents.count(); ++i) values.push_back(factor * static_cast<float>(i));
  return HostTensor::of<float>(extents, values);
}

void expect_scaled(const HostTensor& actual, const Extents& extents, float factor) {
  ASSERT_EQ(actual.extents(), extents);
  for (int64_t i = 0; i < actual.count(); ++i) ASSERT_EQ(actual.at(i), factor * static_cast<float>(i)) << i;
}

TEST(AssignLayouts, TwoReadersShareOneReorder) {
  const Value x = input_value("x", DType::f32, {Dim::symbol("batch"), 6, 5});
  const Value h = x * 2.0;
  const Graph graph{.outputs = {{"a", blocked_scale(h, 3)}, {"b", blocked_scale(h, 5)}}, .loss = {}, .updates = {}};
  const Outcome outcome = run(graph, {{"x", counted({2, 6, 5})}});
  EXPECT_EQ(outcome.steps.at("reorder"), 1);
  expect_scaled(outcome.results.at("a"), {2, 6, 5}, 6);
  expect_scaled(outcome.results.at("b"), {2, 6, 5}, 10);
}

TEST(AssignLayouts, ABlockedResultStaysBlockedForAReaderThatWantsItSo) {
  const Value x = input_value("x", DType::f32, {2, 6, 5});
  const Value y = blocked_scale(blocked_scale(blocked_scale(x, 2, true), 3, true), 5, true);
  const Outcome outcome = run(Graph{.outputs = {{"y", y}}, .loss = {}, .updates = {}}, {{"x", counted({2, 6, 5})}});
  EXPECT_EQ(outcome.steps.at("reorder"), 2);  // in, and out because outputs are row-major
  expect_scaled(outcome.results.at("y"), {2, 6, 5}, 30);
}

TEST(AssignLayouts, ABlockedResultIsReorderedForPointwiseReadersAndViews) {
  const Value x = input_value("x", DType::f32, {1, 5, 2});
  const Value h = blocked_scale(x, 2, true);
  const Graph graph{.outputs = {{"sum", h + 0.5 * x}, {"flat", reshape(h, {10})}}, .loss = {}, .updates = {}};
  const Outcome outcome = run(graph, {{"x", counted({1, 5, 2})}});
  EXPECT_EQ(outcome.steps.at("reorder"), 2);
  expect_scaled(outcome.results.at("sum"), {1, 5, 2}, 2.5);
  expect_scaled(outcome.results.at("flat"), {10}, 2);
}

TEST(AssignLayouts, AVariableIsReorderedOncePerStep) {
  const auto weights = std::make_shared<Variable>("w", DType::f32, Extents{2, 3, 4}, true);
  weights->assign(counted({2, 3, 4}));
  const Value w = variable_value(weights);
  const Graph graph{
      .outputs = {{"a", blocked_scale(w, 3)}, {"b", blocked_scale(w, 5)}}, .loss = {}, .updates = {{weights, w * 2.0}}};
  const Outcome outcome = run(graph, {});
  EXPECT_EQ(outcome.steps.at("reorder"), 1);
  expect_scaled(outcome.results.at("a"), {2, 3, 4}, 3);
  expect_scaled(outcome.results.at("b"), {2, 3, 4}, 5);
  expect_scaled(weights->read(), {2, 3, 4}, 2);
}

}  // namespace
}  // namespace lamina

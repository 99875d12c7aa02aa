// SPDX-License-Identifier: Apache-2.0
// Which implementation runs a node, and the message where none does.
#include <gtest/gtest.h>

#include "core/compile/passes.h"
#include "core/graph/leaves.h"
#include "tests/testing/expect_error.h"

namespace lamina {
namespace {

using testing::expect_error;

const OpDef& probe_op() {
  static const OpDef op{.name = "probe",
                        .infer = [](const Attributes&, std::span<const TensorType> inputs) { return std::vector<TensorType>{inputs[0]}; },
                        .gradient = {},
                        .flops = {}};
  return op;
}

Verdict never(const KernelQuery&) { return Verdict::no("has a bad day"); }
Verdict large(const KernelQuery& query) {
  return query.out_extents(0).count() > 4 ? Verdict::yes() : Verdict::no(text("needs more than 4 elements, got ", query.out_extents(0).count()));
}

OpRegistry registry() {
  const std::vector<KernelImpl> impls = {{"probe", DeviceKind::cpu, "moody", never, nullptr, nullptr},
                                         {"probe", DeviceKind::cpu, "wide", large, nullptr, nullptr}};
  OpRegistry ops;
  ops.add(probe_op(), impls, nullptr);
  return ops;
}

Value probe(int64_t count) {
  const NameScope scope("here");
  return make_value(probe_op(), Attributes(), {input_value("x", DType::f32, Shape{count})});
}

TEST(SelectImpls, TakesTheFirstThatAcceptsAndKeepsTheRefusals) {
  const Choice choice = select_impl(*probe(5).node(), registry(), {.device = DeviceKind::cpu});
  EXPECT_EQ(choice.impl.name, "wide");
  ASSERT_EQ(choice.refusals.size(), 1u);
  EXPECT_EQ(choice.refusals[0].impl, "probe/cpu/moody");
  EXPECT_EQ(choice.refusals[0].reason, "has a bad day");
}

TEST(SelectImpls, ListsEveryRefusalWhereNoneAccepts) {
  expect_error(ErrorKind::model,
               "[probe] node \"here/probe\": no implementation on cpu takes f32(3,) (there are: moody, wide)\n"
               "  probe/cpu/moody: has a bad day\n"
               "  probe/cpu/wide: needs more than 4 elements, got 3",
               [&] { select_impl(*probe(3).node(), registry(), {.device = DeviceKind::cpu}); });
  expect_error(ErrorKind::model, "[probe] node \"here/probe\": no implementation on cuda takes f32(5,) (there are: none)",
               [&] { select_impl(*probe(5).node(), registry(), {.device = DeviceKind::cuda}); });
}

TEST(SelectImpls, AForcedImplementationIsTheOnlyOneAsked) {
  expect_error(ErrorKind::model,
               "[probe] node \"here/probe\": no implementation on cpu takes f32(5,) (there are: moody, wide)\n"
               "  probe/cpu/moody: has a bad day\n"
               "  probe/cpu/wide: 'moody' was asked for",
               [&] { select_impl(*probe(5).node(), registry(), {.device = DeviceKind::cpu, .forced_impls = {{"probe", "moody"}}}); });
}

}  // namespace
}  // namespace lamina

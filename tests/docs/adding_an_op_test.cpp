// SPDX-License-Identifier: Apache-2.0
// The op that docs/adding_an_op.md adds, built from the page's own code: all that is generated from its cases holds, and
// a model uses it through a registry of its own.
#include <gtest/gtest.h>

#include "kernels/cumsum/cumsum.h"
#include "layers/lamina.h"
#include "tests/conformance/checks.h"
#include "tests/conformance/suite.h"

namespace lamina {

OpRegistry ops_with_cumsum();  // registry.cpp of the page

namespace {

TEST(AddingAnOp, EverythingGeneratedFromTheCasesHolds) {
  const conformance::Suite suite(ops_with_cumsum());
  conformance::Checks checks(suite);
  int passed = 0;
  conformance::Filter filter;
  filter.op = "cumsum";
  filter.devices = {DeviceKind::cpu, DeviceKind::sim};
  for (const conformance::Row& row : suite.rows(filter)) {
    const conformance::Outcome outcome = checks.run(row);
    EXPECT_NE(outcome.status, conformance::Status::failed) << row.repro() << "\n" << outcome.detail;
    EXPECT_NE(outcome.status, conformance::Status::mistrusted) << row.repro() << "\n" << outcome.detail;
    passed += outcome.status == conformance::Status::passed ? 1 : 0;
  }
  EXPECT_GE(passed, 40);
}

TEST(AddingAnOp, AModelTakesTheRegistryThatHasIt) {
  const Value x = Input({4}, {.name = "x"});
  Model model({x}, {Lambda([](const Value& v) { return cumsum(v); }, {.name = "sums"})(x)});
  model.compile({.loss = {{"sums", "mse"}}, .device = "cpu", .ops = std::make_shared<OpRegistry>(ops_with_cumsum())});
  const HostTensor sums = model.predict(HostTensor::of<float>({1, 4}, {1, 2, 3, 4}));
  EXPECT_EQ(sums.at(3), 10.0);
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// The tensor-core kernels where op cases do not reach: the large tiles, which take many tiles to be chosen, transposed
// factors whose edges fall everywhere in a tile, and what they refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/runtime/sim/options.h"
#include "kernels/all_ops.h"
#include "kernels/matmul/matmul.h"
#include "tests/testing/devices.h"
#include "tests/testing/run_graph.h"

namespace lamina {
namespace {

// Every access checked, threads in a shuffled order, for as long as it lives.
class CheckedSim {
 public:
  CheckedSim() : before_(sim_options()) { set_sim_options({sim_checks_available() ? SimChecks::faults : SimChecks::off, 5, 0}); }
  ~CheckedSim() { set_sim_options(before_); }

 private:
  SimOptions before_;
};

// Whole numbers from -2 to 2: sums of them are exact in f32, and rounding to bf16 once is the same for all.
HostTensor whole_numbers(const Extents& extents, DType type, int salt) {
  HostTensor numbers(DType::f32, extents);
  int64_t i = salt;
  for (float& value : numbers.as<float>()) {
    value = static_cast<float>((i * 7919 + i / 13) % 5 - 2);
    ++i;
  }
  return numbers.cast(type);
}

struct Product {
  Extents a, b;
  bool transpose_a = false, transpose_b = false;
};

HostTensor run(const Product& product, DType type, DeviceKind kind, const std::string& impl) {
  const Value a = input_value("a", type, product.a), b = input_value("b", type, product.b);
  PlanOptions options = testing::plan_options(kind);
  options.allow_tf32 = true;
  options.forced_impls["matmul"] = impl;
  const Feed feed = {{"a", whole_numbers(product.a, type, 3)}, {"b", whole_numbers(product.b, type, 8)}};
  return testing::run_values(std::vector<Value>{matmul(a, b, product.transpose_a, product.transpose_b)}, feed, options)[0];
}

// "" or the first difference. The same numbers, whatever the sign of a zero.
std::string difference(const HostTensor& got, const HostTensor& expected) {
  for (int64_t i = 0; i < expected.count(); ++i) {
    if (got.at(i) != expected.at(i)) return text("element ", i, ": got ", got.at(i), ", expected ", expected.at(i));
  }
  return "";
}

void expect_exact(const Product& product) {
  const CheckedSim checked;
  for (const DType type : {DType::bf16, DType::f32}) {
    const HostTensor expected = run(product, type, DeviceKind::cpu, "reference");
    for (const DeviceKind kind : testing::available_devices()) {
      if (kind == DeviceKind::cpu) continue;
      const HostTensor got = run(product, type, kind, type == DType::bf16 ? "mma_bf16" : "mma_tf32");
      EXPECT_EQ(difference(got, expected), "") << name_of(kind) << " " << type << ": " << product.a << " " << product.b;
    }
  }
}

TEST(MatmulMma, EveryTranspositionIsRightAtEveryEdge) {
  // Rows as stored are multiples of 8; all other sizes are odd, and beyond one tile.
  expect_exact({{67, 72}, {72, 80}});
  expect_exact({{67, 40}, {83, 40}, false, true});
  expect_exact({{37, 72}, {37, 136}, true, false});
  expect_exact({{40, 72}, {67, 40}, true, true});
}

TEST(MatmulMma, SumsOfNothingAndOfOneStepAreRight) {
  expect_exact({{9, 0}, {0, 8}});
  expect_exact({{9, 8}, {8, 8}});
  expect_exact({{1, 8}, {8, 8}});
  expect_exact({{1, 16}, {1, 8}, true, false});
}

TEST(MatmulMma, BatchesAndSharedFactorsAreRight) {
  expect_exact({{3, 5, 16}, {3, 16, 24}});
  expect_exact({{2, 1, 5, 16}, {3, 16, 24}});
  expect_exact({{3, 16, 8}, {16, 24}, true, false});
}

// 96 tiles of 128 x 128: the large partition, with edges in both directions and a K that is no multiple of a step. Two
// transpositions have each kind of tile once.
TEST(MatmulMma, LargeTilesAreRight) {
  expect_exact({{24, 200, 40}, {24, 131, 40}, false, true});
  expect_exact({{24, 35, 200}, {24, 35, 136}, true, false});
}

TEST(MatmulMma, Tf32RoundsFactorsToTenBits) {
  const Value a = input_value("a", DType::f32, {1, 4}), b = input_value("b", DType::f32, {4, 4});
  HostTensor left(DType::f32, {1, 4}), right(DType::f32, {4, 4});
  left.as<float>()[0] = 1.0f + 0x1p-12f;  // below half of the last place that tf32 keeps
  left.as<float>()[1] = 1.0f + 0x1p-11f;  // half of it: away from zero
  right.as<float>()[0] = 1.0f;            // (0, 0)
  right.as<float>()[5] = 1.0f;            // (1, 1)
  PlanOptions options = testing::plan_options(DeviceKind::sim);
  options.allow_tf32 = true;
  options.forced_impls["matmul"] = "mma_tf32";
  const HostTensor y = testing::run_values(std::vector<Value>{matmul(a, b)}, {{"a", left}, {"b", right}}, options)[0];
  EXPECT_EQ(y.at(0), 1.0);
  EXPECT_EQ(y.at(1), 1.0 + 0x1p-10);
}

std::string refusal(const std::string& impl, const Product& product, DType type, bool allow_tf32) {
  static const OpRegistry ops = kernels::all_ops();
  const Value y = matmul(input_value("a", type, product.a), input_value("b", type, product.b), product.transpose_a, product.transpose_b);
  const std::vector<TensorType> types = {y.node()->inputs[0].type(), y.node()->inputs[1].type()};
  for (const KernelImpl* known : ops.impls("matmul", DeviceKind::sim)) {
    if (known->name != impl) continue;
    const Verdict verdict = known->accepts({y.node()->attributes, types, y.node()->outputs, 1, true, allow_tf32});
    return verdict.accepted() ? "" : verdict.reason();
  }
  return "no such implementation";
}

TEST(MatmulMma, SaysWhyItDeclines) {
  EXPECT_EQ(refusal("mma_bf16", {{4, 8}, {8, 8}}, DType::bf16, false), "");
  EXPECT_EQ(refusal("mma_bf16", {{4, 8}, {8, 8}}, DType::f32, true), "needs bf16, got f32");
  EXPECT_EQ(refusal("mma_bf16", {{4, 12}, {12, 8}}, DType::bf16, false), "rows of 12 elements; copies of 16 bytes need multiples of 8");
  EXPECT_EQ(refusal("mma_tf32", {{4, 12}, {12, 8}}, DType::f32, true), "");
  EXPECT_EQ(refusal("mma_tf32", {{4, 12}, {12, 6}}, DType::f32, true), "rows of 6 elements; copies of 16 bytes need multiples of 4");
  EXPECT_EQ(refusal("mma_tf32", {{4, 8}, {8, 8}}, DType::f32, false), "rounds factors to tf32, which the policy does not allow");
  EXPECT_THAT(refusal("mma_bf16", {{70000, 2, 8}, {70000, 8, 8}}, DType::bf16, false), ::testing::HasSubstr("a batch of 70000"));
}

// With tensor cores allowed, they come first: print_plan and --impl name what ran.
TEST(MatmulMma, IsTheFirstChoiceWhereItAccepts) {
  static const OpRegistry ops = kernels::all_ops();
  const auto impls = ops.impls("matmul", DeviceKind::sim);
  ASSERT_GE(impls.size(), 3u);
  EXPECT_EQ(impls[0]->full_name(), "matmul/sim/mma_bf16");
  EXPECT_EQ(impls[1]->full_name(), "matmul/sim/mma_tf32");
  EXPECT_EQ(impls[2]->full_name(), "matmul/sim/tiled");
}

}  // namespace
}  // namespace lamina

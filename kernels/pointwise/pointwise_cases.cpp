// SPDX-License-Identifier: Apache-2.0
#include "core/graph/pointwise.h"
#include "core/op/op_case.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

// Where each function is smooth and finite, well away from kinks, so that finite differences mean something.
struct Domain {
  double low, high;
};

Domain domain_of(ScalarFunction function) {
  switch (function) {
    case ScalarFunction::log:
    case ScalarFunction::sqrt:
    case ScalarFunction::rsqrt:
    case ScalarFunction::reciprocal:
    case ScalarFunction::pow:
    case ScalarFunction::divide: return {0.3, 2.5};
    case ScalarFunction::log1p: return {-0.6, 2.0};
    default: return {-2.3, 2.4};
  }
}

std::vector<Extents> operand_shapes(int arity, int variant) {
  static const std::vector<std::vector<Extents>> kVariants = {
      {{7}, {7}, {7}},
      {{3, 5}, {3, 5}, {3, 5}},
      {{4, 1, 3}, {2, 3}, {1}},
      {{1, 1}, {5, 1}, {1, 9}},
      {{2, 3, 1, 5}, {3, 4, 1}, {5}},
      {{}, {}, {}},
      {{0, 3}, {3}, {1, 3}},
      {{1, 1031}, {1031}, {1}},
  };
  const auto& shapes = kVariants[static_cast<size_t>(variant)];
  return {shapes.begin(), shapes.begin() + arity};
}

constexpr int kVariants = 8;

}  // namespace

std::vector<OpCase> pointwise_cases() {
  std::vector<OpCase> cases;
  for (int which = 0; which < scalar_function_count(); ++which) {
    const auto function = static_cast<ScalarFunction>(which);
    const ScalarInfo& info = info_of(function);
    const Domain domain = domain_of(function);
    for (int variant = 0; variant < kVariants; ++variant) {
      OpCase one;
      one.name = std::string(info.name) + "_v" + std::to_string(variant);
      one.tag = variant < 3 ? CaseTag::small : CaseTag::odd;
      for (const Extents& extents : operand_shapes(info.arity, variant)) {
        CaseInput input{.extents = extents, .fill = Fill::uniform, .low = domain.low, .high = domain.high};
        const bool condition = info.domain == ScalarDomain::logic || (info.domain == ScalarDomain::select && one.inputs.empty());
        if (condition) input = {.extents = extents, .dtype = DType::boolean, .fill = Fill::integers, .low = 0, .high = 1};
        one.inputs.push_back(input);
      }
      one.build = [function](std::span<const Value> inputs) {
        return std::vector<Value>{apply_scalar(function, {inputs.begin(), inputs.end()})};
      };
      one.dtypes = {DType::f32, DType::bf16, DType::f16};
      if (info.domain == ScalarDomain::logic) one.dtypes = {DType::f32};
      cases.push_back(std::move(one));
    }
    if (info.domain == ScalarDomain::number || info.domain == ScalarDomain::compare) {
      if (function == ScalarFunction::is_finite) continue;
      OpCase whole;
      whole.name = std::string(info.name) + "_i32";
      for (const Extents& extents : operand_shapes(info.arity, 2)) {
        whole.inputs.push_back({.extents = extents, .dtype = DType::i32, .fill = Fill::integers, .low = -9, .high = 9});
      }
      whole.build = [function](std::span<const Value> inputs) {
        return std::vector<Value>{apply_scalar(function, {inputs.begin(), inputs.end()})};
      };
      cases.push_back(std::move(whole));
    }
  }
  return cases;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/graph/pointwise.h"

#include <cmath>

#include "core/base/check.h"
#include "core/graph/reduce.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_pointwise(const Attributes& attributes, std::span<const TensorType> inputs) {
  const auto& pointwise = attributes.get<PointwiseAttributes>();
  LAMINA_ASSERT(static_cast<int>(inputs.size()) == pointwise.program.inputs);
  Shape shape = pointwise.shape;
  for (const TensorType& input : inputs) shape = broadcast_shapes(shape, input.shape);
  std::vector<TensorType> outputs;
  for (const DType type : pointwise.output_types) outputs.push_back({type, shape});
  return outputs;
}

// The gradient columns of the table, one set per row. Parameters a row does not use are allowed to stay unused.
#define NONE Value()
std::vector<Value> gradient_of(ScalarFunction function, const Value& a, const Value& b, const Value& c, const Value& y,
                               const Value& dy) {
  (void)a, (void)b, (void)c, (void)y;
  switch (function) {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) \
  case ScalarFunction::name: return {ga, gb, gc};
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
  }
  return {};
}
#undef NONE

bool has_gradient(ScalarFunction function) {
  const ScalarDomain domain = info_of(function).domain;
  return domain == ScalarDomain::number || domain == ScalarDomain::real || domain == ScalarDomain::select;
}

std::vector<Value> pointwise_gradient(const GradientContext& context) {
  const Program& program = context.attributes<PointwiseAttributes>().program;
  const Value& dy = context.output_gradients[0];
  std::vector<Value> gradients(context.inputs.size());
  if (program.instructions.empty()) {  // cast and broadcast
    gradients[0] = dy;
  } else {
    LAMINA_ASSERT(program.instructions.size() == 1, "fused before differentiation: ", context.node.name);
    const ScalarFunction function = program.instructions[0].function;
    if (!has_gradient(function)) return gradients;
    const auto operand = [&](size_t i) { return i < context.inputs.size() ? context.inputs[i] : context.inputs[0]; };
    std::vector<Value> all = gradient_of(function, operand(0), operand(1), operand(2), context.outputs[0], dy);
    all.resize(context.inputs.size());
    gradients = std::move(all);
  }
  for (size_t i = 0; i < gradients.size(); ++i) {
    const TensorType& input = context.inputs[i].type();
    if (!is_floating(input.dtype)) gradients[i] = Value();
    if (gradients[i].exists()) gradients[i] = cast(sum_to(gradients[i], input.shape), input.dtype);
  }
  return gradients;
}

// The type of the registers for operands of type `type`.
DType compute_type(DType type) {
  if (type == DType::f64) return DType::f64;
  return is_floating(type) ? DType::f32 : DType::i32;
}

int rank_of_type(DType type) {
  switch (type) {
    case DType::boolean: return 0;
    case DType::u8: return 1;
    case DType::i32: return 2;
    case DType::bf16:
    case DType::f16: return 3;
    case DType::f32: return 4;
    case DType::f64: break;
  }
  return 5;
}

struct SizeAttributes {
  Dim size;
  DType dtype = DType::f32;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("size", size), field("dtype", dtype);
  }
  friend bool operator==(const SizeAttributes&, const SizeAttributes&) = default;
};

}  // namespace

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (rank_of_type(a) == rank_of_type(b)) return DType::f32;  // bf16 with f16
  return rank_of_type(a) > rank_of_type(b) ? a : b;
}

const OpDef& pointwise_op() {
  static const OpDef op{
      .name = "pointwise",
      .infer = infer_pointwise,
      .gradient = pointwise_gradient,
      .flops =
          [](const Attributes& attributes, std::span<const TensorType>, std::span<const TensorType> outputs) {
            return static_cast<double>(outputs[0].shape.extents().count()) *
                   static_cast<double>(attributes.get<PointwiseAttributes>().program.instructions.size());
          }};
  return op;
}

Value apply_scalar(ScalarFunction function, std::vector<Value> operands) {
  const ScalarInfo& info = info_of(function);
  for (const Value& operand : operands) LAMINA_CHECK(operand.exists(), "[", info.name, "] an operand is an empty Value");
  const size_t first = info.domain == ScalarDomain::select ? 1 : 0;
  DType type = operands[first].dtype();
  for (size_t i = first; i < operands.size(); ++i) type = promote(type, operands[i].dtype());
  const bool must_be_real = info.domain == ScalarDomain::real;
  LAMINA_CHECK(!must_be_real || is_floating(type), "[", info.name, "] node \"", NameScope::path(), "/", info.name,
               "\": expects floating point, got ", type, "; use cast(x, DType::f32)");
  if (info.domain == ScalarDomain::number && !is_floating(type)) type = promote(type, DType::i32);
  for (size_t i = first; i < operands.size(); ++i) operands[i] = cast(operands[i], type);

  PointwiseAttributes attributes;
  attributes.program = Program::single(function);
  attributes.compute = compute_type(type);
  const bool to_bool = info.domain == ScalarDomain::compare || info.domain == ScalarDomain::logic;
  attributes.output_types = {to_bool ? DType::boolean : type};
  return make_value(pointwise_op(), std::move(attributes), std::move(operands));
}

Value Operand::as_value(DType type) const {
  if (is_value()) return value_;
  const bool whole = number_ == std::trunc(number_);
  if (!is_floating(type)) type = whole ? DType::i32 : DType::f32;
  return constant(HostTensor::scalar(number_).cast(type));
}

Value apply_scalar_operands(ScalarFunction function, const std::vector<Operand>& operands) {
  bool any = false;
  DType type = DType::boolean;
  const size_t first = info_of(function).domain == ScalarDomain::select ? 1 : 0;
  for (size_t i = first; i < operands.size(); ++i) {
    if (!operands[i].is_value()) continue;
    type = any ? promote(type, operands[i].value().dtype()) : operands[i].value().dtype();
    any = true;
  }
  if (!any) type = DType::f32;  // where(condition, 1, 0)
  std::vector<Value> values;
  for (size_t i = 0; i < operands.size(); ++i) values.push_back(operands[i].as_value(i < first ? DType::boolean : type));
  return apply_scalar(function, std::move(values));
}

Value clip(const Value& x, double low, double high) {
  LAMINA_CHECK(low <= high, "[clip] the low bound ", low, " is above the high bound ", high);
  return minimum(maximum(x, low), high);
}

Value gelu_tanh(const Value& x) { return 0.5 * x * (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * x * square(x)))); }

Value cast(const Value& x, DType type) {
  if (x.dtype() == type) return x;
  PointwiseAttributes attributes;
  attributes.program = Program::identity();
  attributes.compute = promote(compute_type(x.dtype()), compute_type(type));
  attributes.output_types = {type};
  return make_value(pointwise_op(), std::move(attributes), {x});
}

Value broadcast_to(const Value& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  LAMINA_CHECK(broadcast_shapes(x.shape(), shape) == shape, "[broadcast_to] shape ", x.shape(), " does not broadcast to ", shape);
  PointwiseAttributes attributes;
  attributes.program = Program::identity();
  attributes.compute = compute_type(x.dtype());
  attributes.output_types = {x.dtype()};
  attributes.shape = shape;
  return make_value(pointwise_op(), std::move(attributes), {x});
}

Value full(const Shape& shape, double number, DType type) {
  return broadcast_to(constant(HostTensor::scalar(number).cast(type)), shape);
}

Value zeros_like(const Value& x) { return full(x.shape(), 0, x.dtype()); }
Value ones_like(const Value& x) { return full(x.shape(), 1, x.dtype()); }

const OpDef& size_op() {
  static const OpDef op{.name = "size",
                        .infer =
                            [](const Attributes& attributes, std::span<const TensorType>) {
                              return std::vector<TensorType>{{attributes.get<SizeAttributes>().dtype, Shape{}}};
                            },
                        .gradient = {},
                        .flops = {}};
  return op;
}

Value size_value(const Dim& size, DType type) {
  if (size.is_number()) return constant(HostTensor::scalar(static_cast<double>(size.number())).cast(type));
  return make_value(size_op(), SizeAttributes{size, type}, {});
}

const Dim& size_of_node(const Node& node) {
  LAMINA_ASSERT(node.op == &size_op(), node.name);
  return node.attributes.get<SizeAttributes>().size;
}

}  // namespace lamina

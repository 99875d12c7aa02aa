// SPDX-License-Identifier: Apache-2.0
// The pointwise op and its builders: operators on Values and one function per row of scalar_functions.def. Operands
// broadcast by NumPy's rule and are promoted to their common type (bool < u8 < i32 < bf16, f16 < f32 < f64).
//
// The graph owns the meaning of `pointwise` and `reduce`, because gradients, losses and optimizers are made of them;
// their kernels live in kernels/pointwise and kernels/reduce (docs/adr/0003).
#pragma once

#include <vector>

#include "core/graph/leaves.h"
#include "core/graph/program.h"
#include "core/graph/value.h"

namespace lamina {

struct PointwiseAttributes {
  Program program;
  DType compute = DType::f32;          // f32, f64 or i32: the type of every register
  std::vector<DType> output_types;     // one per result
  Shape shape;                         // broadcast to at least this shape
  template <class Visitor>
  void visit(Visitor&& field) {
    field("program", program), field("compute", compute), field("shape", shape);
  }
  friend bool operator==(const PointwiseAttributes&, const PointwiseAttributes&) = default;
};

const OpDef& pointwise_op();

Value apply_scalar(ScalarFunction function, std::vector<Value> operands);

// A Value, or a number that takes the type of the other operands.
class Operand {
 public:
  Operand(const Value& value) : value_(value) {}             // NOLINT
  Operand(double number) : number_(number) {}                // NOLINT
  Operand(float number) : number_(static_cast<double>(number)) {}  // NOLINT
  Operand(int number) : number_(number) {}                   // NOLINT
  bool is_value() const { return value_.exists(); }
  Value as_value(DType type) const;  // a number becomes a constant of `type` (f32 where that cannot hold a fraction)
  const Value& value() const { return value_; }
  double number() const { return number_; }

 private:
  Value value_;
  double number_ = 0;
};

// At least one operand must be a Value.
Value apply_scalar_operands(ScalarFunction function, const std::vector<Operand>& operands);

// exp(a), maximum(a, b), where(condition, a, b), ...
#define LAMINA_BUILDER_1(name) \
  inline Value name(const Value& a) { return apply_scalar(ScalarFunction::name, {a}); }
#define LAMINA_BUILDER_2(name) \
  inline Value name(const Operand& a, const Operand& b) { return apply_scalar_operands(ScalarFunction::name, {a, b}); }
#define LAMINA_BUILDER_3(name)                                                \
  inline Value name(const Operand& a, const Operand& b, const Operand& c) {   \
    return apply_scalar_operands(ScalarFunction::name, {a, b, c});            \
  }
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) LAMINA_BUILDER_##arity(name)
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
#undef LAMINA_BUILDER_1
#undef LAMINA_BUILDER_2
#undef LAMINA_BUILDER_3

// Operators: one side may be a number.
#define LAMINA_OPERATOR(symbol, name)                                                         \
  inline Value operator symbol(const Value& a, const Value& b) { return name(a, b); }        \
  inline Value operator symbol(const Value& a, double b) { return name(a, b); }              \
  inline Value operator symbol(double a, const Value& b) { return name(a, b); }
LAMINA_OPERATOR(+, add)
LAMINA_OPERATOR(-, subtract)
LAMINA_OPERATOR(*, multiply)
LAMINA_OPERATOR(/, divide)
LAMINA_OPERATOR(<, less)
LAMINA_OPERATOR(<=, less_equal)
LAMINA_OPERATOR(>, greater)
LAMINA_OPERATOR(>=, greater_equal)
#undef LAMINA_OPERATOR
inline Value operator-(const Value& a) { return negate(a); }

Value clip(const Value& x, double low, double high);
Value gelu_tanh(const Value& x);  // the tanh approximation of gelu
Value cast(const Value& x, DType type);                       // the same Value where the type is already so
Value broadcast_to(const Value& x, const Shape& shape);       // the same Value where the shape is already so
Value full(const Shape& shape, double number, DType type = DType::f32);
Value zeros_like(const Value& x);
Value ones_like(const Value& x);

// A scalar that holds a dimension, or a product of them, known once the input shapes are.
Value size_value(const Dim& size, DType type = DType::f32);
const OpDef& size_op();
const Dim& size_of_node(const Node& node);

// Type to which operands of these types are promoted.
DType promote(DType a, DType b);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "kernels/epilogue/epilogue.h"

#include <cmath>
#include <ostream>

#include "core/base/check.h"
#include "core/base/text.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "kernels/epilogue/follower.h"

namespace lamina {
namespace {

bool has_16_bits(DType type) { return type == DType::bf16 || type == DType::f16; }
DType vector_type(DType type) { return type == DType::f64 ? DType::f64 : DType::f32; }

}  // namespace

std::ostream& operator<<(std::ostream& out, const Epilogue& epilogue) {
  std::vector<std::string> parts;
  if (epilogue.scale) parts.push_back("scale");
  if (epilogue.shift) parts.push_back("shift");
  if (epilogue.slope != 1) parts.push_back(text("leaky ", epilogue.slope));
  if (epilogue.residual) parts.push_back("residual");
  if (epilogue.widened) parts.push_back("to f32");
  return out << (parts.empty() ? "none" : join(parts));
}

Epilogue EpilogueInputs::attribute() const { return {scale.exists(), shift.exists(), slope, residual.exists(), widened}; }

std::vector<Value> EpilogueInputs::after(std::vector<Value> inputs) const {
  for (const Value& input : {scale, shift, residual}) {
    if (input.exists()) inputs.push_back(input);
  }
  return inputs;
}

EpiloguePlaces epilogue_places(const Epilogue& epilogue, size_t own) {
  const size_t shift = own + (epilogue.scale ? 1 : 0);
  return {own, shift, shift + (epilogue.shift ? 1 : 0)};
}

EpilogueInputs epilogue_inputs(const Epilogue& epilogue, std::span<const Value> inputs, size_t own) {
  const EpiloguePlaces at = epilogue_places(epilogue, own);
  return {.scale = epilogue.scale ? inputs[at.scale] : Value(),
          .shift = epilogue.shift ? inputs[at.shift] : Value(),
          .residual = epilogue.residual ? inputs[at.residual] : Value(),
          .slope = epilogue.slope,
          .widened = epilogue.widened};
}

TensorType infer_epilogue(const Epilogue& epilogue, std::span<const TensorType> inputs, size_t own, DType type,
                          const Shape& shape) {
  const EpiloguePlaces at = epilogue_places(epilogue, own);
  const size_t wanted = at.residual + (epilogue.residual ? 1 : 0);
  LAMINA_CHECK(inputs.size() == wanted, "takes ", wanted, " inputs with the epilogue '", epilogue, "', got ", inputs.size());
  LAMINA_CHECK(std::isfinite(epilogue.slope) && epilogue.slope >= 0, "needs a finite slope of 0 or more, got ", epilogue.slope);
  const TensorType y{epilogue.widened && has_16_bits(type) ? DType::f32 : type, shape};
  const TensorType vector{vector_type(type), Shape{shape[shape.rank() - 1]}};
  const auto expect = [&](const char* part, bool there, size_t place, const TensorType& expected) {
    LAMINA_CHECK(!there || inputs[place] == expected, part, " is ", inputs[place], ", expected ", expected);
  };
  expect("scale", epilogue.scale, at.scale, vector);
  expect("shift", epilogue.shift, at.shift, vector);
  expect("residual", epilogue.residual, at.residual, y);
  return y;
}

std::optional<EpilogueInputs> absorb_into(const EpilogueInputs& epilogue, DType type, const Node& node, const Node& user) {
  const Follower follower = follower_of(node, user);
  const Value& operand = follower.operand;
  const bool still_linear = epilogue.slope == 1 && !epilogue.residual.exists();
  EpilogueInputs result = epilogue;
  switch (follower.kind) {
    case Follower::Kind::cast: {
      // Between the 16 bits of the factors and f32; a residual keeps the type that it has.
      const DType to = user.outputs[0].dtype;
      if (epilogue.residual.exists() || !has_16_bits(type) || (to != type && to != DType::f32)) return std::nullopt;
      result.widened = to == DType::f32;
      return result;
    }
    case Follower::Kind::scale:
      if (!still_linear) return std::nullopt;
      result.scale = epilogue.scale.exists() ? epilogue.scale * operand : operand;
      if (epilogue.shift.exists()) result.shift = epilogue.shift * operand;
      return result;
    case Follower::Kind::shift:
      if (!still_linear) return std::nullopt;
      result.shift = epilogue.shift.exists() ? epilogue.shift + operand : operand;
      return result;
    case Follower::Kind::leaky:
      if (!still_linear) return std::nullopt;
      result.slope = follower.slope;
      return result;
    case Follower::Kind::add:
      if (epilogue.residual.exists()) return std::nullopt;
      result.residual = operand;
      return result;
    case Follower::Kind::other: break;
  }
  return std::nullopt;
}

EpilogueGradients epilogue_gradients(const EpilogueInputs& epilogue, const Value& sums, const Value& dy) {
  // z = scale * sums + shift, what the activation saw.
  Value exact = cast(sums, vector_type(sums.dtype())), z = exact;
  if (epilogue.scale.exists()) z = z * epilogue.scale;
  if (epilogue.shift.exists()) z = z + epilogue.shift;
  Value dz = cast(dy, exact.dtype());
  if (epilogue.slope != 1) dz = where(epilogue.slope == 0 ? z > 0.0 : z >= 0.0, dz, dz * epilogue.slope);

  EpilogueGradients gradients;
  if (epilogue.scale.exists()) gradients.inputs.push_back(sum_to(dz * exact, epilogue.scale.shape()));
  if (epilogue.shift.exists()) gradients.inputs.push_back(sum_to(dz, epilogue.shift.shape()));
  if (epilogue.residual.exists()) gradients.inputs.push_back(dy);
  gradients.sums = cast(epilogue.scale.exists() ? dz * epilogue.scale : dz, sums.dtype());
  return gradients;
}

}  // namespace lamina

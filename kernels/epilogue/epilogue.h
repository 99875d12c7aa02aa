// SPDX-License-Identifier: Apache-2.0
// What an op that makes sums does to each of them before it is stored:  y = leaky(scale * sum + shift) + residual, where any
// part may be absent; scale and shift hold one number per channel, the last axis of y. The op's own inputs come first, then
// those of scale, shift and residual that there are, in this order.
#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <vector>

#include "core/graph/value.h"

namespace lamina {

// As attribute of the op.
struct Epilogue {
  bool scale = false;
  bool shift = false;
  double slope = 1;       // below zero; 1: no activation
  bool residual = false;
  bool widened = false;   // y is f32 where the op's own inputs have 16 bits

  friend bool operator==(const Epilogue&, const Epilogue&) = default;
};

std::ostream& operator<<(std::ostream& out, const Epilogue& epilogue);  // "scale, shift, leaky 0.1, residual", or "none"

// The same with its inputs, absent ones as empty Values.
struct EpilogueInputs {
  Value scale = {}, shift = {};  // (C), f32, or f64 where the op runs in f64
  Value residual = {};           // y's shape and type
  double slope = 1;
  bool widened = false;

  Epilogue attribute() const;
  std::vector<Value> after(std::vector<Value> inputs) const;  // the op's own, then these
};
EpilogueInputs epilogue_inputs(const Epilogue& epilogue, std::span<const Value> inputs, size_t own);

// Where the input of each part stands among the inputs of an op that has `own` ones; only for those that there are.
struct EpiloguePlaces {
  size_t scale, shift, residual;
};
EpiloguePlaces epilogue_places(const Epilogue& epilogue, size_t own);

// The type of y, of `shape`, where the op runs in `type`. Throws LAMINA_CHECK texts where an input is missing or too many, or
// has the wrong type, or the slope is negative or not finite.
TensorType infer_epilogue(const Epilogue& epilogue, std::span<const TensorType> inputs, size_t own, DType type, const Shape& shape);

// With the effect of `user`, a pointwise node that reads output 0 of `node`; nothing where it does something else, or in
// another order than this epilogue has.
std::optional<EpilogueInputs> absorb_into(const EpilogueInputs& epilogue, DType type, const Node& node, const Node& user);

// Gradients of an epilogue: of the sums, and of its inputs in order, from that of y. `sums` are the op's, in its own type.
struct EpilogueGradients {
  Value sums;
  std::vector<Value> inputs;
};
EpilogueGradients epilogue_gradients(const EpilogueInputs& epilogue, const Value& sums, const Value& dy);

}  // namespace lamina

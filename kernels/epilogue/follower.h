// SPDX-License-Identifier: Apache-2.0
// What a pointwise node does to a value of shape (..., C) that it reads, for ops that take such nodes in (OpDef::absorb): the
// steps that normalisations, biases, activations and shortcuts are traced into.
#pragma once

#include "core/graph/value.h"

namespace lamina {

struct Follower {
  enum class Kind : uint8_t {
    other,
    cast,   // to the type of the node's output
    scale,  // v * operand
    shift,  // v + operand
    leaky,  // leaky_relu(v, slope); relu is slope 0
    add,    // v + operand, of v's shape and type
  };
  Kind kind = Kind::other;
  Value operand = {};  // scale and shift: (C), f32, or f64 where v is f64
  double slope = 1;    // finite and not negative, so that the result has v's sign
};

// Of output 0 of `node`, which `user` must read once and whose shape the result must have, else `other`. May make nodes on
// the operand (a cast, a reshape), which nothing reads where the caller takes nothing in.
Follower follower_of(const Node& node, const Node& user);

}  // namespace lamina

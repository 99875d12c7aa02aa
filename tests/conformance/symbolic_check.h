// SPDX-License-Identifier: Apache-2.0
// A model is traced before its batch size is known: shape and gradient rules must work on symbols. Here every dimension
// above 1 of a case becomes a symbol (equal numbers the same one), or, where the call cannot take that, the first
// dimension of each input alone.
#pragma once

#include <string>

#include "core/base/shape.h"
#include "tests/conformance/gradient_check.h"

namespace lamina::conformance {

struct SymbolicCase {
  testing::TracedCase traced;  // in f64; empty where the call throws for every choice of symbols
  SymbolBindings bindings;
  std::string refusal;  // what it threw
};
SymbolicCase trace_with_symbols(const OpCase& one);

// "" where outputs and gradients equal those of `gradient`, bit by bit: both run on the reference.
std::string check_symbolic(const OpRegistry& ops, const SymbolicCase& symbolic, const ReferenceGradient& gradient);

}  // namespace lamina::conformance

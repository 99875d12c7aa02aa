// SPDX-License-Identifier: Apache-2.0
// One case of an op: inputs and a call. From a list of these every parity, gradient, repeatability and race check and
// the benchmarks are generated (tests/conformance), with no further code.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/dtype.h"
#include "core/base/extents.h"

namespace lamina {

class Value;  // core/graph/value.h

enum class CaseTag { small, odd, bench };  // odd: zeros, ones, primes, tails; bench: large, never run on sim

struct CaseInput {
  enum class Fill {
    uniform,   // floats in [low, high)
    integers,  // whole numbers in [low, high], in any type: sums and products stay exact
    distinct,  // a shuffled 0, 1, 2, ... times `high` / count: no ties for max, min and argmax
  };
  Extents extents;
  DType dtype = DType::f32;
  Fill fill = Fill::uniform;
  double low = -1;
  double high = 1;
  bool differentiable = true;  // only floating inputs ever are
};

struct OpCase {
  std::string name;  // unique within the op, e.g. "2x3_axis1"
  CaseTag tag = CaseTag::small;
  std::vector<CaseInput> inputs;
  // The call under test: its node must be the producer of the returned values.
  std::function<std::vector<Value>(std::span<const Value> inputs)> build;
  // Floating types the case runs in; inputs declared f32 take each of them in turn. f64 is the reference.
  std::vector<DType> dtypes = {DType::f32};
};

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// One LSTM forwards and a copy of it backwards over the same sequence (Schuster and Paliwal 1997). The backward sequence
// is flipped back in time before the two are merged.
#pragma once

#include "layers/lstm.h"

namespace lamina {

enum class MergeMode { concat, sum, mul, ave, none };

struct BidirectionalOptions {
  std::string name = {};
  MergeMode merge_mode = MergeMode::concat;  // none: outputs(...) gives forward and backward apart
};

class Bidirectional : public LayerHandle {
 public:
  // Outputs with return_state: output, then h, c of forward and h, c of backward. Called on {x}, or on {x, h, c, h, c}.
  explicit Bidirectional(const LSTM& layer, BidirectionalOptions options = {});
};

}  // namespace lamina

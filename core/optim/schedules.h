// SPDX-License-Identifier: Apache-2.0
// Learning rates as functions of the step (0-based: updates done so far), with Keras' formulas. Computed on the host
// and fed to the graph as a scalar, so that no captured number goes stale.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lamina {

struct Schedule {
  std::string name;
  std::function<double(int64_t step)> rate;
};

Schedule exponential_decay(double initial, int64_t decay_steps, double decay_rate, bool staircase = false);

// values[i] up to and including step boundaries[i]; one value more than boundaries.
Schedule piecewise_constant(std::vector<int64_t> boundaries, std::vector<double> values);

Schedule polynomial_decay(double initial, int64_t decay_steps, double end = 1e-4, double power = 1, bool cycle = false);
Schedule inverse_time_decay(double initial, int64_t decay_steps, double decay_rate, bool staircase = false);

// Loshchilov and Hutter 2017. With warm-up steps, the rate first rises in a line from `initial` to `warmup_target`.
// Then it falls from there, in decay_steps, to alpha times as much.
struct CosineDecayOptions {
  double alpha = 0;
  int64_t warmup_steps = 0;
  std::optional<double> warmup_target = {};  // given with warmup_steps, and only then
};
Schedule cosine_decay(double initial, int64_t decay_steps, CosineDecayOptions options = {});

}  // namespace lamina

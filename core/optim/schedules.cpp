// SPDX-License-Identifier: Apache-2.0
#include "core/optim/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/check.h"

namespace lamina {
namespace {

double progress(int64_t step, int64_t decay_steps, bool staircase) {
  const double done = static_cast<double>(step) / static_cast<double>(decay_steps);
  return staircase ? std::floor(done) : done;
}

void check_steps(int64_t decay_steps, const char* schedule) {
  LAMINA_CHECK(decay_steps > 0, "[", schedule, "] decay_steps must be positive, got ", decay_steps);
}

}  // namespace

Schedule exponential_decay(double initial, int64_t decay_steps, double decay_rate, bool staircase) {
  check_steps(decay_steps, "exponential_decay");
  return {"exponential_decay",
          [=](int64_t step) { return initial * std::pow(decay_rate, progress(step, decay_steps, staircase)); }};
}

Schedule piecewise_constant(std::vector<int64_t> boundaries, std::vector<double> values) {
  LAMINA_CHECK(values.size() == boundaries.size() + 1,
               "[piecewise_constant] takes one value more than boundaries, got ", values.size(), " values and ",
               boundaries.size(), " boundaries");
  LAMINA_CHECK(std::is_sorted(boundaries.begin(), boundaries.end()), "[piecewise_constant] the boundaries must ascend");
  return {"piecewise_constant", [=](int64_t step) {
            const auto at = std::lower_bound(boundaries.begin(), boundaries.end(), step);
            return values[static_cast<size_t>(at - boundaries.begin())];
          }};
}

Schedule polynomial_decay(double initial, int64_t decay_steps, double end, double power, bool cycle) {
  check_steps(decay_steps, "polynomial_decay");
  return {"polynomial_decay", [=](int64_t step) {
            double steps = static_cast<double>(decay_steps);
            if (cycle) {
              steps *= step == 0 ? 1.0 : std::ceil(static_cast<double>(step) / steps);
            } else {
              step = std::min(step, decay_steps);
            }
            return (initial - end) * std::pow(1.0 - static_cast<double>(step) / steps, power) + end;
          }};
}

Schedule inverse_time_decay(double initial, int64_t decay_steps, double decay_rate, bool staircase) {
  check_steps(decay_steps, "inverse_time_decay");
  return {"inverse_time_decay",
          [=](int64_t step) { return initial / (1.0 + decay_rate * progress(step, decay_steps, staircase)); }};
}

Schedule cosine_decay(double initial, int64_t decay_steps, CosineDecayOptions options) {
  check_steps(decay_steps, "cosine_decay");
  LAMINA_CHECK((options.warmup_steps > 0) == options.warmup_target.has_value(),
               "[cosine_decay] warmup_steps and warmup_target go together, got ", options.warmup_steps,
               " warm-up steps and ", options.warmup_target ? "a" : "no", " target");
  return {"cosine_decay", [=](int64_t step) {
            const double top = options.warmup_target.value_or(initial);
            if (step < options.warmup_steps) {
              return initial + (top - initial) * static_cast<double>(step) / static_cast<double>(options.warmup_steps);
            }
            const double done = static_cast<double>(std::min(step - options.warmup_steps, decay_steps)) /
                                static_cast<double>(decay_steps);
            const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * done));
            return ((1.0 - options.alpha) * cosine + options.alpha) * top;
          }};
}

}  // namespace lamina

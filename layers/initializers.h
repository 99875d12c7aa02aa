// SPDX-License-Identifier: Apache-2.0
// First contents of weights, with Keras' formulas. A draw depends on the seed, which the model derives from its own
// seed and the weight's path, and on nothing else.
#pragma once

#include <functional>
#include <string>

#include "core/tensor/host_tensor.h"

namespace lamina {

struct Initializer {
  std::string name;
  std::function<HostTensor(const Extents& extents, uint64_t seed)> make;  // f32
};

Initializer zeros();
Initializer ones();
Initializer constant_initializer(double value);
Initializer random_uniform(double low = -0.05, double high = 0.05);
Initializer random_normal(double mean = 0, double deviation = 0.05);
Initializer truncated_normal(double mean = 0, double deviation = 0.05);  // redrawn beyond two deviations

// Variance scaling (Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998). The fans of a shape (..., in, out) are
// in and out times the product of the axes before them; of a vector, its length.
Initializer glorot_uniform();  // limit sqrt(6 / (fan_in + fan_out))
Initializer glorot_normal();   // truncated, deviation sqrt(2 / (fan_in + fan_out)) / 0.8796
Initializer he_uniform();      // limit sqrt(6 / fan_in)
Initializer he_normal();
Initializer lecun_uniform();   // limit sqrt(3 / fan_in)
Initializer lecun_normal();

// The orthogonal factor of a normal matrix (Saxe et al. 2014), seen as (product of all axes but the last, last).
Initializer orthogonal(double gain = 1);
Initializer identity_initializer(double gain = 1);

// By Keras' name ("glorot_uniform", "zeros", ...); throws, naming the nearest.
Initializer initializer_from_name(const std::string& name);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Kernels that are nothing in themselves: for tests of what a launch needs and of how it ends.
#pragma once

#include <cstddef>

namespace lamina::sim {

void count_threads(float* y, int blocks);              // y[256 * blocks] = 1
void take_shared(float* y, size_t shared_bytes);       // y[0] = the last float of so much dynamic shared memory: 1
void meet_at_grid_barrier(int blocks);                 // a cooperative launch
void throw_in_kernel(int blocks, int thrower);         // std::bad_alloc in one thread of block `thrower`,
void throw_in_cooperative_kernel(int blocks, int thrower);  // while the others wait at a barrier

}  // namespace lamina::sim

// SPDX-License-Identifier: Apache-2.0
// The tiled product in f32, for launchers of other ops whose work begins with a product.
#pragma once

#include "kernels/device/typed_memory.cuh"
#include "kernels/matmul/matmul_geometry.h"

namespace lamina::SIMT_BACKEND {

struct MatmulArgs {
  MatmulGeometry geometry;
  Operand a, b;
  Result y;
};

// Enqueues y = a b; works for any geometry and any floats but f64.
void launch_matmul_tiled(void* stream, const MatmulArgs& args);

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// Launchers of kernels that are right, though a careless checker would find fault with them.
#pragma once

namespace lamina::sim {

struct CleanBuffers {
  const float* x;        // 1024 floats
  float* y;              // 1024 floats, fresh
  unsigned char* bytes;  // 1024 bytes, fresh
  unsigned* counts;      // 16 zeroes
};

struct CleanKernel {
  const char* name;
  void (*launch)(const CleanBuffers& buffers);
};

extern const CleanKernel* const kCleanKernels;
extern const int kCleanKernelCount;

}  // namespace lamina::sim

// SPDX-License-Identifier: Apache-2.0
// Kernels of an author who knew nothing of the simulator, each with one mistake, and the launch that shows it.
#pragma once

namespace lamina::sim {

struct OutsideBuffer {
  enum class Fill { fresh, zeros, quarters, integers };  // quarters: floats i / 4; integers: ints i, modulo `modulus` if any
  int count = 0;                                         // elements of 4 bytes; 0 ends the list
  Fill fill = Fill::fresh;
  int modulus = 0;
};

struct OutsideFault {
  const char* kernel;
  void (*launch)(void* const* buffers);
  OutsideBuffer buffers[5];
};

extern const OutsideFault* const kOutsideFaults;
extern const int kOutsideFaultCount;

}  // namespace lamina::sim

// SPDX-License-Identifier: Apache-2.0
// Launchers of kernels with one mistake each; the line of the mistake ends with the comment "fault: <name>", that of
// the second thread with "other: <name>", a line that may be either with "both: <name>". What the pointers must be is
// said in seeded_faults_test.cpp.
#pragma once

namespace lamina::sim {

struct FaultBuffers {
  float* x;           // kFaultFloats initialised floats
  float* y;           // kFaultFloats zeroes
  float* fresh;       // kFaultFloats floats that nothing has written
  unsigned* flags;    // 8 zeroes
  float* freed;       // a buffer that is gone
  const float* host;  // host memory
};
inline constexpr int kFaultFloats = 256;

using FaultLauncher = void (*)(const FaultBuffers& buffers);

struct SeededFault {
  const char* name;
  FaultLauncher launch;
};

extern const SeededFault* const kSeededFaults;
extern const int kSeededFaultCount;

}  // namespace lamina::sim

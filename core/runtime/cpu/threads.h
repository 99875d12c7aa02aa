// SPDX-License-Identifier: Apache-2.0
// `--threads N`: the one number, and the one place that sets it. OpenMP (and oneDNN on it) and the simulator's threads
// read it and never run at once.
#pragma once

namespace lamina {

// How many threads work may use: `threads`, or all that this process may run on where it is 0. The last number set holds
// for all work from then on, that of devices and models made before included. Throws ErrorKind::usage below 0 and above
// 4096. To be called by the thread that drives the device: OpenMP keeps the number per thread. Returns the number set.
int set_threads(int threads);

int threads();  // the number in force for the calling thread

}  // namespace lamina

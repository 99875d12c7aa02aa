// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/cpu/threads.h"

#include <omp.h>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina {

int set_threads(int threads) {
  constexpr int kMost = 4096;
  if (threads < 0 || threads > kMost) {
    throw Error(ErrorKind::usage, text("threads must be between 1 and ", kMost, ", or 0 for all, got ", threads));
  }
  omp_set_num_threads(threads == 0 ? omp_get_num_procs() : threads);
  return omp_get_max_threads();
}

int threads() { return omp_get_max_threads(); }

}  // namespace lamina

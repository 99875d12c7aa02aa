// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/options.h"

#include <mutex>

#include "core/base/error.h"
#include "core/base/text.h"

namespace lamina {
namespace {

std::mutex options_mutex;
SimOptions current_options;

}  // namespace

void set_sim_options(SimOptions options) {
  if (options.threads < 0)
    throw Error(ErrorKind::usage, text("[sim] threads must be 0 or more, got ", options.threads));
  if (options.checks != SimChecks::off && !sim_checks_available()) {
    throw Error(ErrorKind::usage,
                "[sim] checks need kernels built with access callbacks; this is an address-sanitizer build");
  }
  const std::lock_guard lock(options_mutex);
  current_options = options;
}

SimOptions sim_options() {
  const std::lock_guard lock(options_mutex);
  return current_options;
}

bool sim_checks_available() {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return true;
#endif
}

}  // namespace lamina

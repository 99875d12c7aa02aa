// SPDX-License-Identifier: Apache-2.0
// How the simulator runs kernels: set once by an app or a test, read at each launch.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lamina {

enum class SimChecks {
  off,     // no access is looked at; barriers, collectives and assertions still are
  faults,  // every access is checked; blocks run one after another
};

struct SimOptions {
  SimChecks checks = SimChecks::off;
  uint64_t seed = 0;  // shuffles the order of threads; 0 is the natural order
  int threads = 0;    // OS threads for the blocks of a launch, 0 for one per core; 1 while checks are on
};

void set_sim_options(SimOptions options);  // throws ErrorKind::usage for a negative thread count
SimOptions sim_options();

// Checks need the callbacks of -fsanitize=thread; an address-sanitizer build of the kernels has none.
bool sim_checks_available();

// How often each kernel was launched since the program began or the counts were reset, by kernel name.
std::map<std::string, long> launch_counts();
void reset_launch_counts();

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Where the host has no memory or address space left (ulimit -v, a container), a launch ends with an error of the device
// and never with the process. Each case runs in a process of its own: the simulator keeps what it once has.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <new>
#include <string>

#include "core/base/error.h"
#include "core/runtime/sim/options.h"
#include "core/runtime/sim/sim_device.h"
#include "tests/core/runtime/sim/kernels/launch_kernels.h"

namespace lamina {
namespace {

struct Counters {
  static constexpr int kBlocks = 200;
  std::shared_ptr<Device> device = make_sim_device();
  Buffer y = device->allocate(256 * kBlocks * sizeof(float), "y");

  void run(SimChecks checks, int threads) {
    set_sim_options({checks, 1, threads});
    sim::count_threads(static_cast<float*>(y.data()), kBlocks);
  }
};

#ifndef __SANITIZE_ADDRESS__  // which needs terabytes of address space itself

constexpr size_t kMiB = size_t{1} << 20;

// From here on the process gets this much more address space.
void leave_address_space(size_t bytes) {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlimit limit{pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + bytes, RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
}

[[noreturn]] void end_with_the_error_of(const std::function<void()>& work) {
  int code = 0;
  try {
    work();
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    code = error.exit_code();
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    code = 1;
  }
  std::_Exit(code);
}

class LittleMemory : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

constexpr const char* kNoRoom = "\\[sim\\] no room for [0-9]+ MiB of address space.*ulimit -v";

TEST_F(LittleMemory, ForTheStacksOfABlockIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                leave_address_space(100 * kMiB);  // 128 are needed
                counters.run(SimChecks::off, 1);
              }),
              ::testing::ExitedWithCode(6), kNoRoom);
}

TEST_F(LittleMemory, ForTheStacksOfAnotherOsThreadIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                counters.run(SimChecks::off, 1);  // this OS thread has its stacks
                leave_address_space(100 * kMiB);  // the others get 8 each for their own
                counters.run(SimChecks::off, 4);
              }),
              ::testing::ExitedWithCode(6), kNoRoom);
}

TEST_F(LittleMemory, ForABlockOfACooperativeLaunchIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                counters.run(SimChecks::off, 1);
                leave_address_space(300 * kMiB);
                sim::meet_at_grid_barrier(5);
              }),
              ::testing::ExitedWithCode(6), kNoRoom);
}

TEST_F(LittleMemory, ForAnotherOsThreadIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                counters.run(SimChecks::off, 2);
                leave_address_space(4 * kMiB);
                counters.run(SimChecks::off, 8);
              }),
              ::testing::ExitedWithCode(6), "\\[sim\\] OS thread 3 of 8 cannot be started.*fewer threads");
}

TEST_F(LittleMemory, ForTheShadowOfTheAccessesIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                leave_address_space(300 * kMiB);
                counters.run(SimChecks::faults, 1);
              }),
              ::testing::ExitedWithCode(6), kNoRoom);
}

// The limit rises until there is room for everything; on the way each part is missed once.
TEST_F(LittleMemory, ForTheSharedMemoryOfABlockIsAnError) {
  EXPECT_EXIT(end_with_the_error_of([] {
                Counters counters;
                std::string all;
                for (size_t bytes = 127 * kMiB; bytes < 132 * kMiB; bytes += kMiB / 16) {
                  leave_address_space(bytes);
                  try {
                    counters.run(SimChecks::off, 1);
                    break;
                  } catch (const Error& error) {
                    all += error.what();
                  } catch (const std::bad_alloc&) {
                  }
                }
                std::fputs(all.c_str(), stderr);
              }),
              ::testing::ExitedWithCode(0), "\\[sim\\] no memory for the shared memory of a block");
}

#endif

// What the simulator itself throws inside a kernel (its records found no memory) comes out of the launch, as this does.
TEST(AnExceptionInAKernel, ReachesTheCallerAndLeavesTheSimulatorInOrder) {
  for (const SimChecks checks : {SimChecks::off, sim_checks_available() ? SimChecks::faults : SimChecks::off}) {
    for (const int threads : {1, 4}) {
      set_sim_options({checks, 1, threads});
      EXPECT_THROW(sim::throw_in_kernel(40, 7), std::bad_alloc);
      EXPECT_THROW(sim::throw_in_cooperative_kernel(5, 3), std::bad_alloc);
      sim::meet_at_grid_barrier(5);
      Counters counters;
      counters.run(checks, threads);
      float last = 0;
      counters.device->download(&last, static_cast<float*>(counters.y.data()) + 256 * Counters::kBlocks - 1, sizeof(last));
      EXPECT_EQ(last, 1.0f);
    }
  }
  set_sim_options({});
}

}  // namespace
}  // namespace lamina

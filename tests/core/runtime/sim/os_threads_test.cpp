// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/os_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

namespace lamina::simt {
namespace {

constexpr int kJobs = 4;

std::string thrown_by(const std::function<void(int)>& job) {
  try {
    run_on_os_threads(kJobs, job);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(OsThreads, HandTheExceptionOfAJobToTheCaller) {
  for (int failing = 0; failing < kJobs; ++failing) {
    std::atomic<int> ended = 0;
    EXPECT_EQ(thrown_by([&](int index) {
                if (index == failing) throw std::runtime_error("of job " + std::to_string(index));
                ++ended;
              }),
              "of job " + std::to_string(failing));
    EXPECT_EQ(ended, kJobs - 1) << "the caller goes on when all are done";
  }
}

TEST(OsThreads, HandOverOneOfManyExceptionsAndGoOnWorking) {
  EXPECT_EQ(thrown_by([](int) { throw std::runtime_error("of any job"); }), "of any job");
  std::atomic<int> ended = 0;
  EXPECT_EQ(thrown_by([&](int) { ++ended; }), "");
  EXPECT_EQ(ended, kJobs);
}

}  // namespace
}  // namespace lamina::simt

// SPDX-License-Identifier: Apache-2.0
#include "core/runtime/sim/sim_device.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/error.h"
#include "core/runtime/sim/fault.h"
#include "core/runtime/sim/options.h"
#include "tests/core/runtime/sim/kernels/slot_kernels.h"

namespace lamina {
namespace {

class SimDeviceMemory : public testing::Test {
 protected:
  void SetUp() override { set_sim_options({sim_checks_available() ? SimChecks::faults : SimChecks::off, 0, 1}); }
  void TearDown() override { set_sim_options({}); }

  // The kinds of fault that adding one to count floats from x gives, into y.
  std::vector<simt::FaultKind> faults_of_copy(const Buffer& x, const Buffer& y, int count) {
    simt::FaultCollector collector;
    sim::add_one(static_cast<const float*>(x.data()), static_cast<float*>(y.data()), count);
    std::vector<simt::FaultKind> kinds;
    for (const simt::Fault& fault : collector.faults()) kinds.push_back(fault.kind);
    return kinds;
  }

  std::shared_ptr<Device> device_ = make_sim_device();
};

using Kinds = std::vector<simt::FaultKind>;

TEST_F(SimDeviceMemory, IsAlignedAndHoldsWhatIsCopied) {
  const Buffer a = device_->allocate(1000, "a"), b = device_->allocate(1000, "b"),
               empty = device_->allocate(0, "empty");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data()) % 256, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(empty.data()) % 256, 0u);
  std::vector<char> in(1000), out(1000);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<char>(i * 7);
  device_->upload(a.data(), in.data(), in.size());
  device_->copy(b.data(), a.data(), in.size());
  device_->fill_zero(a.data(), 10);
  device_->download(out.data(), b.data(), out.size());
  EXPECT_EQ(in, out);
  device_->download(out.data(), a.data(), out.size());
  EXPECT_EQ(out[9], 0);
  EXPECT_EQ(out[10], in[10]);
}

TEST_F(SimDeviceMemory, IsUsedAgainAfterManyAllocations) {
  set_sim_options({});
  device_->allocate(100000, "first");  // when it is freed, its pages join those before it
  void* const first = device_->allocate(100000, "second").data();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(device_->allocate(100000, "again").data(), first);
}

TEST_F(SimDeviceMemory, RefusesCopiesThatLeaveTheAllocation) {
  const Buffer a = device_->allocate(100, "weights");
  std::vector<char> host(200);
  try {
    device_->upload(a.data(), host.data(), 101);
    FAIL() << "101 bytes into 100";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_NE(std::string(error.what()).find("beyond 'weights'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(device_->download(host.data(), host.data(), 4), Error);
}

// A buffer dies in a destructor, which must not throw: the mistake is told at the next occasion.
TEST_F(SimDeviceMemory, TellsOfAWrongReleaseAtTheNextSynchronize) {
  float host = 0;
  { const Buffer never_allocated(device_, &host, sizeof(host)); }
  try {
    device_->synchronize();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_NE(std::string(error.what()).find("released twice, or never allocated on sim"), std::string::npos)
        << error.what();
  }
  device_->synchronize();  // once
}

TEST_F(SimDeviceMemory, NamesWhatDoesNotFit) {
  try {
    device_->allocate(size_t{1} << 60, "activations");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("activations: 1,152,921,504,606,846,976 bytes"), std::string::npos)
        << error.what();
  }
}

TEST_F(SimDeviceMemory, KnowsWhichBytesWereWritten) {
  if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks";
  const Buffer x = device_->allocate(64, "x"), y = device_->allocate(64, "y");
  const std::vector<float> ones(16, 1.0f);
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{simt::FaultKind::uninitialised_read});
  device_->upload(x.data(), ones.data(), 60);
  EXPECT_EQ(faults_of_copy(x, y, 15), Kinds{});
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{simt::FaultKind::uninitialised_read});
  device_->copy(y.data(), x.data(), 64);  // what is unknown stays unknown
  EXPECT_EQ(faults_of_copy(y, x, 16), Kinds{simt::FaultKind::uninitialised_read});
  device_->fill_zero(x.data(), 64);
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{});
  EXPECT_EQ(faults_of_copy(y, x, 16), Kinds{});  // a kernel wrote it
}

TEST_F(SimDeviceMemory, KeepsSlotsToTheirLifetimes) {
  if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks";
  const Buffer x = device_->allocate(64, "x"), y = device_->allocate(64, "y");
  device_->fill_zero(x.data(), 64);
  EXPECT_TRUE(device_->checks_slots());
  device_->poison(y.data(), 64);
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{simt::FaultKind::use_after_free});
  device_->unpoison(y.data(), 64);
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{});
  device_->unpoison(x.data(), 64);
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{simt::FaultKind::uninitialised_read});
}

TEST_F(SimDeviceMemory, OfTheTimeBeforeTheChecksCountsAsWritten) {
  if (!sim_checks_available()) GTEST_SKIP() << "kernels without access callbacks";
  set_sim_options({});
  EXPECT_FALSE(device_->checks_slots());
  const Buffer x = device_->allocate(64, "x"), y = device_->allocate(64, "y");
  std::memset(x.data(), 0, 64);
  set_sim_options({SimChecks::faults, 0, 1});
  EXPECT_EQ(faults_of_copy(x, y, 16), Kinds{});
  EXPECT_EQ(faults_of_copy(x, y, 17), Kinds{simt::FaultKind::out_of_bounds});
}

#ifdef __SANITIZE_ADDRESS__
TEST_F(SimDeviceMemory, HasRedzonesForTheAddressSanitizer) {
  const Buffer x = device_->allocate(64, "x"), y = device_->allocate(64, "y");
  device_->fill_zero(x.data(), 64);
  sim::add_one(static_cast<const float*>(x.data()), static_cast<float*>(y.data()), 16);
  EXPECT_DEATH(sim::add_one(static_cast<const float*>(x.data()), static_cast<float*>(y.data()), 17),
               "use-after-poison");
}
#endif

}  // namespace
}  // namespace lamina

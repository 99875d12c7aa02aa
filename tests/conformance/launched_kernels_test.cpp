// SPDX-License-Identifier: Apache-2.0
// No kernel is shipped that the cases never launch.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "core/runtime/sim/options.h"
#include "kernels/all_ops.h"
#include "tests/conformance/checks.h"

namespace lamina::conformance {
namespace {

// The names behind __global__ in kernels/.
std::set<std::string> declared_kernels() {
  std::set<std::string> names;
  const std::regex declaration(R"(__global__[^;{]*?\b([a-z0-9_]+_kernel)\()");
  for (const auto& file : std::filesystem::recursive_directory_iterator(LAMINA_SOURCE_DIR "/kernels")) {
    if (file.path().extension() != ".cu" && file.path().extension() != ".cuh") continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), declaration), end; at != end; ++at) names.insert((*at)[1]);
  }
  return names;
}

TEST(ShippedKernels, AreAllLaunchedByTheCases) {
  const Suite suite(kernels::all_ops());
  Checks checks(suite);
  reset_launch_counts();
  Filter filter;
  filter.modes = {Mode::parity};
  filter.devices = {DeviceKind::sim};
  for (const Row& row : suite.rows(filter)) {
    const bool only_bf16 = row.impl->name.ends_with("bf16");
    if (row.one->tag == CaseTag::bench || (row.dtype == "f32" || row.dtype == "tf32") == only_bf16) continue;
    EXPECT_NE(checks.run(row).status, Status::failed) << row.repro();
  }
  std::set<std::string> launched;
  for (const auto& [name, count] : launch_counts()) launched.insert(name.substr(0, name.find('<')));
  std::set<std::string> declared = declared_kernels();
  EXPECT_GE(declared.size(), 20u);
  declared.erase("reorder_places_kernel");  // has no cases: tests/kernels/reorder
  for (const std::string& name : declared) EXPECT_TRUE(launched.contains(name)) << name << " is never launched";
}

}  // namespace
}  // namespace lamina::conformance

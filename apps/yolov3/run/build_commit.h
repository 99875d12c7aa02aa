// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lamina::yolov3 {

// The commit that this program was built from, in 40 digits, with "-dirty" behind them where files differed from it; "" for a
// build outside of a repository. Written at every build by build_commit.cmake.
const char* build_commit();

}  // namespace lamina::yolov3

// SPDX-License-Identifier: Apache-2.0
// Source lines of code addresses in this process, from its own debug information (libdw). Answers are cached.
#pragma once

#include <cstdint>

#include "core/runtime/sim/fault.h"

namespace lamina::simt {

// The line of the call that returns to `return_address`, stepping out of inlined functions of the device vocabulary and
// of system headers into the kernel; an empty file where there is no debug information.
SourceLine source_line_of(uintptr_t return_address);

}  // namespace lamina::simt

// SPDX-License-Identifier: Apache-2.0
// How a reduction is indexed, on every device: output o and reduced position r give one place of the domain, and each
// operand lies at kept.offset(o) + reduced.offset(r).
#pragma once

#include "core/graph/reduce.h"
#include "core/op/kernel_impl.h"
#include "kernels/program/broadcast.h"
#include "kernels/program/compact_program.h"

namespace lamina {

struct ReducePlan {
  ReduceKind kind = ReduceKind::sum;
  int64_t outputs = 0;  // elements of the result
  int64_t length = 0;   // elements reduced into each
  bool inner_is_kept = false;  // the innermost axis of the domain is one of the result
  BroadcastIndex kept;
  BroadcastIndex reduced;
  CompactProgram program;
};

ReducePlan plan_reduce(const KernelQuery& query);  // the program must be within the limits of CompactProgram
Verdict accepts_reduce(const KernelQuery& query);  // those limits, and no f64

}  // namespace lamina

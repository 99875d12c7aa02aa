// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/reduce_plan.h"

#include <algorithm>

namespace lamina {

Verdict accepts_reduce(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<ReduceAttributes>();
  if (const char* reason = too_large(attributes.program); *reason) return Verdict::no(reason);
  const bool any_f64 = std::any_of(query.inputs.begin(), query.inputs.end(),
                                   [](const TensorType& input) { return input.dtype == DType::f64; });
  if (any_f64 || attributes.compute == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

ReducePlan plan_reduce(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<ReduceAttributes>();
  const Extents domain = reduced_domain(attributes, query.inputs).extents();
  std::vector<Extents> operands;
  for (const TensorType& input : query.inputs) operands.push_back(input.shape.extents());
  std::vector<int> kept;
  for (int axis = 0; axis < domain.rank(); ++axis) {
    if (!std::binary_search(attributes.axes.begin(), attributes.axes.end(), axis)) kept.push_back(axis);
  }
  ReducePlan plan;
  plan.kind = attributes.kind;
  plan.program = compact(attributes.program);
  plan.kept = broadcast_index(domain, operands, kept);
  plan.reduced = broadcast_index(domain, operands, attributes.axes);
  plan.outputs = plan.length = 1;
  for (const int axis : kept) plan.outputs *= domain[axis];
  for (const int axis : attributes.axes) plan.length *= domain[axis];
  // Axes of length one do not count.
  int inner = domain.rank() - 1;
  while (inner >= 0 && domain[inner] == 1) --inner;
  plan.inner_is_kept = inner >= 0 && std::binary_search(kept.begin(), kept.end(), inner);
  return plan;
}

}  // namespace lamina

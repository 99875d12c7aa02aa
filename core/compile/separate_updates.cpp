// SPDX-License-Identifier: Apache-2.0
// Each update gets a pointwise node of its own to be written by: one that reads and writes element by element may write
// where it reads. Values that several updates share, that come from a leaf, a reshape or another op, get a copy.
#include <set>

#include "core/compile/passes.h"
#include "core/graph/pointwise.h"

namespace lamina {

Graph separate_updates(const Graph& graph) {
  Graph result = graph;
  std::set<ValueKey> taken;
  for (Update& update : result.updates) {
    if (update.value.node()->op == &pointwise_op() && taken.insert(update.value).second) continue;
    PointwiseAttributes attributes;
    attributes.program = Program::identity();
    const DType type = update.value.dtype();
    attributes.compute = type == DType::f64 ? DType::f64 : is_floating(type) ? DType::f32 : DType::i32;
    attributes.output_types = {type};
    const NameScope scope("update/" + update.variable->name);
    update.value = make_value(pointwise_op(), std::move(attributes), {update.value});
  }
  return result;
}

}  // namespace lamina

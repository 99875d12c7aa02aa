// SPDX-License-Identifier: Apache-2.0
// Runs the one node of an op case: exactly this implementation, or the f64 reference, through no pass of the compiler.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/graph/value.h"
#include "core/op/op_registry.h"
#include "core/runtime/device.h"
#include "core/tensor/host_tensor.h"

namespace lamina::testing {

// A case traced on inputs of given types: input i of the case is the graph input "x<i>".
struct TracedCase {
  std::vector<Value> inputs;
  std::vector<Value> outputs;        // what build() returned: outputs of one node
  std::shared_ptr<const Node> node;  // the node under test
};
TracedCase trace_case(const OpCase& one, const std::vector<DType>& types);

// A case in one type, ready to run: the node, its inputs and what it must give.
struct PreparedCase {
  std::shared_ptr<const Node> node;
  std::vector<HostTensor> inputs;    // of the node, in its types
  std::vector<int> checked;          // the outputs of the node that the case returns
  std::vector<HostTensor> expected;  // per checked output, from the reference in f64 (whole numbers in their type)
  int64_t reduction_length = 1;      // floating point operations per element of output
};

// The types of the inputs of `one` where it runs in `dtype`.
std::vector<DType> input_types(const OpCase& one, DType dtype);

// The inputs are rounded to `types` before the reference sees them, so that it and the implementations see equal
// numbers. Values that build() makes before its node are computed by the reference, too.
PreparedCase prepare_case(const OpRegistry& ops, const std::string& op, const OpCase& one,
                          const std::vector<DType>& types);

struct NodeQuery {
  bool allow_tf32 = false;
};

// What the implementation says of the node.
Verdict ask(const KernelImpl& impl, const Node& node, NodeQuery how = {});

// One implementation made ready for one node.
class NodeRunner {
 public:
  NodeRunner(const OpRegistry& ops, const KernelImpl& impl, std::shared_ptr<const Node> node,
             std::shared_ptr<Device> device, NodeQuery how = {});

  // Runs once on fresh memory and returns all outputs of the node. Before, outputs and workspace hold NaN (a large
  // number or no bool at all where there is no NaN), and on sim they also count as uninitialised; they lie between
  // guards (on sim: the allocator's own). Throws where the launch does, where a byte outside of the outputs is written,
  // and where an input is changed.
  std::vector<HostTensor> run(const std::vector<HostTensor>& inputs);

 private:
  const OpRegistry& ops_;
  KernelImpl impl_;
  std::shared_ptr<const Node> node_;
  std::shared_ptr<Device> device_;
  Prepared prepared_;
};

// The registry with the implementations named `name` of `device` before the others of their op.
OpRegistry preferring(const OpRegistry& ops, DeviceKind device, const std::string& name);

}  // namespace lamina::testing

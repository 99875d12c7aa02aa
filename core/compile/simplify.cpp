// SPDX-License-Identifier: Apache-2.0
// One walk from the leaves: constants are folded, neutral operations dropped, and a node that already stands in the
// graph is used again. Dead nodes vanish because nothing reaches them.
#include <cmath>
#include <optional>

#include "core/compile/passes.h"
#include "core/graph/pointwise.h"
#include "core/graph/reduce.h"
#include "core/graph/reshape.h"

namespace lamina {
namespace {

std::optional<double> scalar_constant(const Value& value) {
  if (value.node()->op != &constant_op()) return std::nullopt;
  const HostTensor& contents = constant_of(*value.node());
  if (contents.extents().rank() != 0) return std::nullopt;
  return contents.at(0);
}

bool is_constant(const Value& value, double number) { return scalar_constant(value) == number; }

// The arithmetic of constants, in double. Only functions that sizes and factors are made of; others stay in the graph.
std::optional<double> folded(ScalarFunction function, std::span<const Value> inputs) {
  double operands[3] = {};
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto number = scalar_constant(inputs[i]);
    if (!number) return std::nullopt;
    operands[i] = *number;
  }
  switch (function) {
    case ScalarFunction::add: return operands[0] + operands[1];
    case ScalarFunction::subtract: return operands[0] - operands[1];
    case ScalarFunction::multiply: return operands[0] * operands[1];
    case ScalarFunction::divide: return operands[0] / operands[1];
    case ScalarFunction::negate: return -operands[0];
    case ScalarFunction::reciprocal: return 1.0 / operands[0];
    default: return std::nullopt;
  }
}

// The operand that the whole node equals, if there is one. x + 0 is kept for floats: -0 + 0 is +0, but no gradient or
// loss of ours tells the two apart, and the zero comes from absent gradients, so it is dropped.
std::optional<Value> neutral(ScalarFunction function, std::span<const Value> inputs) {
  const auto equals = [&](size_t i, double number) { return is_constant(inputs[i], number); };
  switch (function) {
    case ScalarFunction::add:
      if (equals(1, 0)) return inputs[0];
      if (equals(0, 0)) return inputs[1];
      break;
    case ScalarFunction::subtract:
      if (equals(1, 0)) return inputs[0];
      break;
    case ScalarFunction::multiply:
      if (equals(1, 1)) return inputs[0];
      if (equals(0, 1)) return inputs[1];
      break;
    case ScalarFunction::divide:
      if (equals(1, 1)) return inputs[0];
      break;
    default: break;
  }
  return std::nullopt;
}

std::vector<Value> simplified_pointwise(const Node& node, const std::vector<Value>& inputs) {
  const auto& attributes = node.attributes.get<PointwiseAttributes>();
  const TensorType& type = node.outputs[0];
  if (attributes.program.is_copy()) {
    const Value& x = inputs[0];
    if (x.type() == type) return {x};
    if (const auto number = scalar_constant(x); number && type.shape.rank() == 0) {
      return {constant(HostTensor::scalar(*number).cast(type.dtype))};
    }
    return {};
  }
  if (attributes.program.instructions.size() != 1) return {};
  const ScalarFunction function = attributes.program.instructions[0].function;
  if (function == ScalarFunction::copy && inputs[0].type() == type) return {inputs[0]};
  if (type.shape.rank() == 0 && is_floating(type.dtype)) {
    if (const auto number = folded(function, inputs)) return {constant(HostTensor::scalar(*number).cast(type.dtype))};
  }
  if (const auto same = neutral(function, inputs); same && same->type() == type) return {*same};
  return {};
}

// A reduction over axes of length one moves nothing.
std::vector<Value> simplified_reduce(const Node& node, const std::vector<Value>& inputs) {
  const auto& attributes = node.attributes.get<ReduceAttributes>();
  if (!attributes.program.is_copy() || attributes.kind == ReduceKind::argmax) return {};
  if (inputs[0].dtype() != attributes.output_type) return {};
  for (const int axis : attributes.axes) {
    if (!(inputs[0].shape()[axis] == Dim(1))) return {};
  }
  return {reshape(inputs[0], node.outputs[0].shape)};
}

}  // namespace

Graph simplify(const Graph& graph) {
  std::multimap<const OpDef*, std::shared_ptr<const Node>> known;
  const auto twin = [&](const OpDef* op, const Attributes& attributes, const std::vector<Value>& inputs) {
    const auto [begin, end] = known.equal_range(op);
    for (auto at = begin; at != end; ++at) {
      const Node& other = *at->second;
      if (other.inputs.size() != inputs.size()) continue;
      bool same = true;
      for (size_t i = 0; same && i < inputs.size(); ++i) same = other.inputs[i].same_as(inputs[i]);
      if (same && other.attributes == attributes) return at->second;
    }
    return std::shared_ptr<const Node>();
  };
  const auto outputs_of = [](const std::shared_ptr<const Node>& node) {
    std::vector<Value> outputs;
    for (size_t i = 0; i < node->outputs.size(); ++i) outputs.emplace_back(node, static_cast<int>(i));
    return outputs;
  };

  return rewrite(graph, [&](const std::shared_ptr<const Node>& node, const std::vector<Value>& inputs) -> std::vector<Value> {
    std::vector<Value> replaced;
    if (node->op == &pointwise_op()) replaced = simplified_pointwise(*node, inputs);
    if (node->op == &reduce_op()) replaced = simplified_reduce(*node, inputs);
    if (node->op == &reshape_op()) {
      const Value& x = inputs[0].node()->op == &reshape_op() ? inputs[0].node()->inputs[0] : inputs[0];
      if (x.shape() == node->outputs[0].shape) return {x};
      if (!x.same_as(inputs[0])) replaced = {reshape(x, node->outputs[0].shape)};
    }
    // Replacements are nodes too, and may have a twin already.
    const std::shared_ptr<const Node>& candidate = replaced.empty() ? node : replaced[0].node();
    const std::vector<Value>& candidate_inputs = replaced.empty() ? inputs : candidate->inputs;
    if (const auto other = twin(candidate->op, candidate->attributes, candidate_inputs)) {
      return replaced.empty() ? outputs_of(other) : std::vector<Value>{Value(other, replaced[0].output())};
    }
    if (!replaced.empty()) {
      known.emplace(candidate->op, candidate);
      return replaced;
    }
    std::shared_ptr<const Node> kept = node;
    bool changed = false;
    for (size_t i = 0; i < inputs.size(); ++i) changed = changed || !inputs[i].same_as(node->inputs[i]);
    if (changed) {
      kept = std::shared_ptr<const Node>(
          new Node{node->op, node->attributes, inputs, node->outputs, node->name, node->serial});
    }
    known.emplace(kept->op, kept);
    return outputs_of(kept);
  });
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// A Value is one output of a Node: symbolic, typed, and cheap to copy. A Node is immutable once made. Together the
// nodes that a Value reaches are its graph; nothing else owns them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/op/op_def.h"

namespace lamina {

struct Node;

class Value {
 public:
  Value() = default;  // no value: what an op without a gradient, or an absent optional input, gives
  Value(std::shared_ptr<const Node> node, int output) : node_(std::move(node)), output_(output) {}

  const std::shared_ptr<const Node>& node() const { return node_; }
  int output() const { return output_; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }

  bool exists() const { return node_ != nullptr; }
  bool same_as(const Value& other) const { return node_ == other.node_ && output_ == other.output_; }

  template <class T = bool>
  explicit operator bool() const {
    static_assert(!std::is_same_v<T, bool>,
                  "a Value has no contents while a graph is traced, so it cannot be branched on: use where(condition, a, b)");
    return false;
  }

 private:
  std::shared_ptr<const Node> node_;
  int output_ = 0;
};

struct Node {
  const OpDef* op;
  Attributes attributes;
  std::vector<Value> inputs;
  std::vector<TensorType> outputs;
  std::string name;   // scope path and op, for messages: "lstm/matmul"
  uint64_t serial;    // order of creation, for stable printing

  ~Node();  // frees a long chain of nodes without recursion
};

// What a node becomes that takes in one of its users (OpDef::absorb).
struct Absorbed {
  Attributes attributes;
  std::vector<Value> inputs;
};

inline const TensorType& Value::type() const { return node_->outputs[static_cast<size_t>(output_)]; }

std::vector<TensorType> types_of(std::span<const Value> values);

// A key by which Values can be put in maps.
struct ValueKey {
  ValueKey(const Value& value) : node(value.node().get()), output(value.output()) {}  // NOLINT
  ValueKey(const Node* node, int output) : node(node), output(output) {}
  const Node* node;
  int output;
  friend auto operator<=>(const ValueKey&, const ValueKey&) = default;
};

// What a gradient rule sees. Gradients of outputs that nothing needed are empty Values.
struct GradientContext {
  const Node& node;
  std::span<const Value> inputs;
  std::span<const Value> outputs;
  std::span<const Value> output_gradients;

  template <class T>
  const T& attributes() const {
    return node.attributes.get<T>();
  }
};

// Makes a node and returns its outputs. A wrong shape throws here, on the caller's line, as
// [op] node "scope/op": what is wrong.
std::vector<Value> make_node(const OpDef& op, Attributes attributes, std::vector<Value> inputs);
Value make_value(const OpDef& op, Attributes attributes, std::vector<Value> inputs);  // of an op with one output

// Nodes made while this object lives are named "<outer scopes>/<name>/<op>". One per layer call or loss.
class NameScope {
 public:
  explicit NameScope(const std::string& name);
  ~NameScope();
  NameScope(const NameScope&) = delete;
  NameScope& operator=(const NameScope&) = delete;
  static const std::string& path();

 private:
  size_t outer_length_;
};

// The nodes that `outputs` reach, inputs before users, in a stable order.
std::vector<std::shared_ptr<const Node>> topological_order(std::span<const Value> outputs);

// Whether `value` is computed from `leaf`.
bool depends_on(const Value& value, const Value& leaf);

}  // namespace lamina

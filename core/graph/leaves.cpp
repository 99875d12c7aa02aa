// SPDX-License-Identifier: Apache-2.0
#include "core/graph/leaves.h"

#include "core/base/check.h"

namespace lamina {
namespace {

struct ConstantAttributes {
  std::shared_ptr<const HostTensor> contents;
  std::string shown;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("contents", shown);
  }
  friend bool operator==(const ConstantAttributes& a, const ConstantAttributes& b) {
    return a.contents->dtype() == b.contents->dtype() && a.contents->extents() == b.contents->extents() &&
           std::memcmp(a.contents->data(), b.contents->data(), a.contents->bytes()) == 0;
  }
};

struct VariableAttributes {
  std::shared_ptr<Variable> variable;
  std::string name;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("name", name);
  }
  friend bool operator==(const VariableAttributes& a, const VariableAttributes& b) { return a.variable == b.variable; }
};

std::string shown(const HostTensor& contents) {
  std::string out = "[";
  for (int64_t i = 0; i < std::min<int64_t>(contents.count(), 4); ++i) out += (i ? ", " : "") + text(contents.at(i));
  return out + (contents.count() > 4 ? ", ...]" : "]");
}

}  // namespace

const OpDef& input_op() {
  static const OpDef op{.name = "input",
                        .infer =
                            [](const Attributes& attributes, std::span<const TensorType>) {
                              const auto& input = attributes.get<InputAttributes>();
                              return std::vector<TensorType>{{input.dtype, input.shape}};
                            },
                        .gradient = {},
                        .flops = {}};
  return op;
}

Value input_value(const std::string& name, DType dtype, const Shape& shape) {
  return make_value(input_op(), InputAttributes{name, dtype, shape}, {});
}

const InputAttributes& input_of(const Node& node) {
  LAMINA_ASSERT(node.op == &input_op(), node.name);
  return node.attributes.get<InputAttributes>();
}

const OpDef& constant_op() {
  static const OpDef op{.name = "constant",
                        .infer =
                            [](const Attributes& attributes, std::span<const TensorType>) {
                              const HostTensor& contents = *attributes.get<ConstantAttributes>().contents;
                              return std::vector<TensorType>{{contents.dtype(), contents.extents()}};
                            },
                        .gradient = {},
                        .flops = {}};
  return op;
}

Value constant(HostTensor contents) {
  std::string text = shown(contents);
  return make_value(constant_op(), ConstantAttributes{std::make_shared<const HostTensor>(std::move(contents)), std::move(text)},
                    {});
}

const HostTensor& constant_of(const Node& node) {
  LAMINA_ASSERT(node.op == &constant_op(), node.name);
  return *node.attributes.get<ConstantAttributes>().contents;
}

const OpDef& variable_op() {
  static const OpDef op{.name = "variable",
                        .infer =
                            [](const Attributes& attributes, std::span<const TensorType>) {
                              const Variable& variable = *attributes.get<VariableAttributes>().variable;
                              return std::vector<TensorType>{{variable.dtype, variable.extents}};
                            },
                        .gradient = {},
                        .flops = {}};
  return op;
}

Value variable_value(const std::shared_ptr<Variable>& variable) {
  return make_value(variable_op(), VariableAttributes{variable, variable->name}, {});
}

const std::shared_ptr<Variable>& variable_of(const Node& node) {
  LAMINA_ASSERT(node.op == &variable_op(), node.name);
  return node.attributes.get<VariableAttributes>().variable;
}

}  // namespace lamina

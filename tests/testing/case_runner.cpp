// SPDX-License-Identifier: Apache-2.0
#include "tests/testing/case_runner.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/compile/make_plan.h"
#include "core/exec/executor.h"
#include "core/graph/leaves.h"
#include "core/graph/reorder.h"
#include "tests/testing/case_inputs.h"
#include "tests/testing/devices.h"
#include "tests/testing/guarded_buffer.h"

namespace lamina::testing {
namespace {

std::vector<TensorType> types_of(const std::vector<Value>& values) {
  std::vector<TensorType> types;
  for (const Value& value : values) types.push_back(value.type());
  return types;
}

KernelQuery query_of(const Node& node, const std::vector<TensorType>& inputs, NodeQuery how) {
  return {node.attributes, inputs, node.outputs, 2, true, how.allow_tf32};
}

Layout layout_at(const std::vector<Layout>& layouts, size_t index) {
  return index < layouts.size() ? layouts[index] : Layout::row_major();
}

size_t bytes_in(const Layout& layout, const TensorType& type) {
  return static_cast<size_t>(layout.bytes(type.shape.extents(), static_cast<int64_t>(size_of(type.dtype))));
}

void launch(const KernelImpl& impl, const Prepared& prepared, const Attributes& attributes,
            std::span<const TensorView> inputs, std::span<const TensorView> outputs, Device& device) {
  std::optional<GuardedBuffer> workspace;
  if (prepared.workspace_bytes)
    workspace.emplace(device, prepared.workspace_bytes, "the workspace").unwritten(DType::f32);
  KernelContext context{attributes,           inputs,         outputs, workspace ? workspace->data() : nullptr,
                        prepared.state.get(), device.stream()};
  impl.launch(context);
  device.synchronize();
  if (workspace) workspace->check_guards();
}

// `from` in its layout into `to` in another, by the op that the compiler would put between.
void reorder(const OpRegistry& ops, const TensorType& type, const Layout& from, void* from_data, const Layout& to,
             void* to_data, Device& device) {
  const Value source = input_value("x", type.dtype, type.shape);
  const Node node{&reorder_op(), ReorderAttributes{from, to}, {source}, {type}, "reorder", 0};
  PlanOptions options;
  options.device = device.kind();
  const Choice choice = select_impl(node, ops, options);
  const TensorView input{from_data, type.dtype, type.shape.extents()},
      output{to_data, type.dtype, type.shape.extents()};
  launch(choice.impl, choice.prepared, node.attributes, {&input, 1}, {&output, 1}, device);
}

const KernelImpl& reference_of(const OpRegistry& ops, const std::string& op) {
  for (const KernelImpl* impl : ops.impls(op, DeviceKind::cpu)) {
    if (impl->name == "reference") return *impl;
  }
  throw Error(ErrorKind::internal, text("op '", op, "' has no implementation cpu/reference to hold the others to"));
}

// The inputs of a node as numbers: leaves as given, everything else computed by the reference.
std::vector<HostTensor> values_of(const OpRegistry& ops, const std::vector<Value>& values, const TracedCase& traced,
                                  const std::vector<HostTensor>& leaves) {
  std::vector<HostTensor> numbers;
  Feed feed;
  for (size_t i = 0; i < leaves.size(); ++i) feed.emplace(text("x", i), leaves[i]);
  for (const Value& value : values) {
    const auto leaf = std::find_if(traced.inputs.begin(), traced.inputs.end(),
                                   [&](const Value& input) { return input.same_as(value); });
    if (leaf != traced.inputs.end()) {
      numbers.push_back(leaves[static_cast<size_t>(leaf - traced.inputs.begin())]);
    } else if (value.node()->op == &constant_op()) {
      numbers.push_back(constant_of(*value.node()));
    } else {
      Graph graph;
      graph.outputs = {{"value", value}};
      PlanOptions options;
      options.fuse = false;
      auto plan =
          std::make_shared<const Plan>(make_plan(graph, {}, preferring(ops, DeviceKind::cpu, "reference"), options));
      numbers.push_back(Executor(plan, device(DeviceKind::cpu)).run(feed).at("value"));
    }
  }
  return numbers;
}

}  // namespace

TracedCase trace_case(const OpCase& one, const std::vector<DType>& types) {
  TracedCase traced;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    traced.inputs.push_back(input_value(text("x", i), types.at(i), Shape(one.inputs[i].extents)));
  }
  traced.outputs = one.build(traced.inputs);
  LAMINA_ASSERT(!traced.outputs.empty(), "case ", one.name, " returns nothing");
  traced.node = traced.outputs[0].node();
  for (const Value& output : traced.outputs) {
    LAMINA_ASSERT(output.exists() && output.node() == traced.node, "case ", one.name,
                  " returns outputs of several nodes");
  }
  return traced;
}

std::vector<DType> input_types(const OpCase& one, DType dtype) {
  std::vector<DType> types;
  for (const CaseInput& input : one.inputs) types.push_back(type_of_input(input, dtype));
  return types;
}

PreparedCase prepare_case(const OpRegistry& ops, const std::string& op, const OpCase& one,
                          const std::vector<DType>& types) {
  std::vector<DType> wide = types;
  for (DType& type : wide) type = is_floating(type) ? DType::f64 : type;
  const TracedCase traced = trace_case(one, types), reference = trace_case(one, wide);
  LAMINA_ASSERT(traced.node->op->name == op && reference.node->op->name == op, "case ", one.name, " of ", op,
                " makes a node of ", traced.node->op->name);

  std::vector<HostTensor> leaves = case_inputs(op, one, types);
  for (size_t i = 0; i < leaves.size(); ++i) leaves[i] = leaves[i].cast(wide[i]);
  const std::vector<HostTensor> numbers = values_of(ops, reference.node->inputs, reference, leaves);

  PreparedCase prepared;
  prepared.node = traced.node;
  std::vector<HostTensor> exact;
  for (size_t i = 0; i < numbers.size(); ++i) {
    prepared.inputs.push_back(numbers[i].cast(traced.node->inputs[i].dtype()));
    exact.push_back(prepared.inputs.back().cast(reference.node->inputs[i].dtype()));
  }
  NodeRunner runner(ops, reference_of(ops, op), reference.node, device(DeviceKind::cpu));
  const std::vector<HostTensor> outputs = runner.run(exact);
  int64_t elements = 0;
  for (const TensorType& type : traced.node->outputs) elements += type.shape.extents().count();
  for (const Value& output : reference.outputs) {
    prepared.checked.push_back(output.output());
    prepared.expected.push_back(outputs[static_cast<size_t>(output.output())]);
  }
  const OpCost cost =
      cost_of(*traced.node->op, traced.node->attributes, types_of(traced.node->inputs), traced.node->outputs);
  prepared.reduction_length = std::max<int64_t>(1, static_cast<int64_t>(cost.flops) / std::max<int64_t>(1, elements));
  return prepared;
}

Verdict ask(const KernelImpl& impl, const Node& node, NodeQuery how) {
  const std::vector<TensorType> inputs = types_of(node.inputs);
  return impl.accepts(query_of(node, inputs, how));
}

NodeRunner::NodeRunner(const OpRegistry& ops, const KernelImpl& impl, std::shared_ptr<const Node> node,
                       std::shared_ptr<Device> device, NodeQuery how)
    : ops_(ops), impl_(impl), node_(std::move(node)), device_(std::move(device)) {
  const std::vector<TensorType> inputs = types_of(node_->inputs);
  const KernelQuery query = query_of(*node_, inputs, how);
  const Verdict verdict = impl.accepts(query);
  LAMINA_CHECK(verdict.accepted(), impl.full_name(), " refuses: ", verdict.reason());
  if (impl.prepare) prepared_ = impl.prepare(query);
}

std::vector<HostTensor> NodeRunner::run(const std::vector<HostTensor>& inputs) {
  std::vector<GuardedBuffer> in, out;
  in.reserve(inputs.size()), out.reserve(node_->outputs.size());
  std::vector<TensorView> in_views, out_views;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorType& type = node_->inputs[i].type();
    const Layout layout = layout_at(prepared_.input_layouts, i);
    GuardedBuffer& buffer = in.emplace_back(*device_, inputs[i].bytes(), text("input ", i));
    device_->upload(buffer.data(), inputs[i].data(), inputs[i].bytes());
    if (layout.kind != Layout::Kind::row_major) {
      GuardedBuffer placed(*device_, bytes_in(layout, type), text("input ", i, " in layout ", to_string(layout)));
      placed.unwritten(type.dtype);
      reorder(ops_, type, Layout::row_major(), buffer.data(), layout, placed.data(), *device_);
      placed.check_guards();
      in.pop_back();
      in.push_back(std::move(placed));
    }
    in_views.push_back({in.back().data(), type.dtype, type.shape.extents()});
  }
  for (size_t i = 0; i < node_->outputs.size(); ++i) {
    const TensorType& type = node_->outputs[i];
    GuardedBuffer& buffer =
        out.emplace_back(*device_, bytes_in(layout_at(prepared_.output_layouts, i), type), text("output ", i));
    buffer.unwritten(type.dtype);
    out_views.push_back({buffer.data(), type.dtype, type.shape.extents()});
  }

  launch(impl_, prepared_, node_->attributes, in_views, out_views, *device_);

  std::vector<HostTensor> results;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i].check_guards();
    const TensorType& type = node_->outputs[i];
    HostTensor result(type.dtype, type.shape.extents());
    const Layout layout = layout_at(prepared_.output_layouts, i);
    if (layout.kind == Layout::Kind::row_major) {
      device_->download(result.data(), out[i].data(), result.bytes());
    } else {
      GuardedBuffer plain(*device_, result.bytes(), text("output ", i, ", row-major"));
      plain.unwritten(type.dtype);
      reorder(ops_, type, layout, out[i].data(), Layout::row_major(), plain.data(), *device_);
      device_->download(result.data(), plain.data(), result.bytes());
    }
    if (type.dtype == DType::boolean) {
      const auto* bytes = static_cast<const unsigned char*>(result.data());
      for (int64_t k = 0; k < result.count(); ++k)
        LAMINA_CHECK(bytes[k] <= 1, "element ", k, " of bool output ", i, " holds ", int{bytes[k]});
    }
    results.push_back(std::move(result));
  }
  for (size_t i = 0; i < in.size(); ++i) {
    in[i].check_guards();
    if (layout_at(prepared_.input_layouts, i).kind != Layout::Kind::row_major) continue;
    HostTensor after(inputs[i].dtype(), inputs[i].extents());
    device_->download(after.data(), in[i].data(), after.bytes());
    LAMINA_CHECK(after.bytes() == 0 || std::memcmp(after.data(), inputs[i].data(), after.bytes()) == 0, "input ", i,
                 " was changed");
  }
  return results;
}

OpRegistry preferring(const OpRegistry& ops, DeviceKind device, const std::string& name) {
  OpRegistry ordered;
  for (const auto& [op, entry] : ops.entries()) {
    std::vector<KernelImpl> impls = entry.impls;
    std::stable_partition(impls.begin(), impls.end(),
                          [&](const KernelImpl& impl) { return impl.device == device && impl.name == name; });
    ordered.add(*entry.op, impls, entry.cases);
  }
  return ordered;
}

}  // namespace lamina::testing

// SPDX-License-Identifier: Apache-2.0
// Between row-major and a format that a primitive of oneDNN chose, or between two such formats: by oneDNN, which alone
// knows them.
#include "core/graph/reorder.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

using dnnl::memory;

struct Part {
  dnnl::reorder primitive;
  memory from, to;
};

// One part, or one for each tap of the filters where one side is turned.
struct State {
  std::vector<Part> parts;
};

Verdict accepts(const KernelQuery& query) {
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  const onednn::Format *const a = onednn::format_of(from), *const b = onednn::format_of(to);
  if (!a && !b) return Verdict::no("neither side is a format of oneDNN");
  for (const Layout* layout : {&from, &to}) {
    const bool known = layout->kind == Layout::Kind::row_major || onednn::format_of(*layout);
    if (!known) return Verdict::no(text("not to or from ", *layout));
  }
  return Verdict::yes();
}

Prepared prepare(const KernelQuery& query) {
  const auto& [from, to] = query.attributes.get<ReorderAttributes>();
  const onednn::Format *const a = onednn::format_of(from), *const b = onednn::format_of(to);
  auto state = std::make_shared<State>();
  const auto add = [&](const memory::desc& source, const memory::desc& target) {
    const memory x(source, onednn::engine(), nullptr), y(target, onednn::engine(), nullptr);
    state->parts.push_back({dnnl::reorder(x, y), x, y});
  };
  const memory::desc source = a ? a->chosen : b->row_major, target = b ? b->chosen : a->row_major;
  if ((a && a->turned) == (b && b->turned)) {
    add(source, target);
    return {.state = std::move(state)};
  }
  const memory::dims shape = onednn::dims_of(source), of_tap = {shape[0], shape[1], 1, 1};
  for (memory::dim h = 0; h < shape[2]; ++h) {
    for (memory::dim w = 0; w < shape[3]; ++w) {
      add(source.submemory_desc(of_tap, {0, 0, h, w}), target.submemory_desc(of_tap, {0, 0, shape[2] - 1 - h, shape[3] - 1 - w}));
    }
  }
  return {.state = std::move(state)};
}

void launch(KernelContext& context) {
  auto& state = context.state_as<State>();
  for (Part& part : state.parts) {
    part.from.set_data_handle(context.inputs[0].data);
    part.to.set_data_handle(context.outputs[0].data);
    part.primitive.execute(onednn::stream(), part.from, part.to);
  }
  onednn::stream().wait();
}

}  // namespace

namespace cpu {

KernelImpl reorder_onednn() {
  return {"reorder", DeviceKind::cpu, "onednn", accepts, onednn::prepare<prepare>, onednn::launch<launch>};
}

}  // namespace cpu
}  // namespace lamina

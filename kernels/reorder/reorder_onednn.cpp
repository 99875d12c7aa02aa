// SPDX-License-Identifier: Apache-2.0
// Between row-major and a format that a primitive of oneDNN chose, or between two such formats: by oneDNN, which alone
// knows them.
#include "core/graph/reorder.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

struct State {
  dnnl::reorder primitive;
  dnnl::memory from, to;
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
  state->from = dnnl::memory(a ? a->chosen : b->row_major, onednn::engine(), nullptr);
  state->to = dnnl::memory(b ? b->chosen : a->row_major, onednn::engine(), nullptr);
  state->primitive = dnnl::reorder(state->from, state->to);
  return {.state = std::move(state)};
}

void launch(KernelContext& context) {
  auto& state = context.state_as<State>();
  state.from.set_data_handle(context.inputs[0].data);
  state.to.set_data_handle(context.outputs[0].data);
  state.primitive.execute(onednn::stream(), state.from, state.to);
  onednn::stream().wait();
}

}  // namespace

namespace cpu {

KernelImpl reorder_onednn() {
  return {"reorder", DeviceKind::cpu, "onednn", accepts, onednn::prepare<prepare>, onednn::launch<launch>};
}

}  // namespace cpu
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// oneDNN's LSTM primitive, for prediction only, to compare with or to choose (--impl lstm=onednn): what it would keep
// for backward is a workspace that only its own backward can read. docs/adr/0008-lstm-implementations.md
#include <algorithm>

#include "core/base/check.h"
#include "kernels/lstm/lstm_arguments.h"
#include "kernels/lstm/lstm_cpu.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

using dnnl::memory;

struct OnednnState {
  dnnl::lstm_forward primitive;
  dnnl::reorder pack_kernel, pack_recurrent;
  // Ours, then packed into the workspace at these offsets.
  memory kernel, recurrent, packed_kernel, packed_recurrent, scratchpad;
  size_t packed_recurrent_at = 0, zero_bias_at = 0, scratchpad_at = 0;
  memory x, h0, c0, bias, sequence, h, c;
};

Verdict accepts(const KernelQuery& query) {
  const auto& has = query.attributes.get<LstmAttributes>();
  if (query.in(0) != DType::f32) return Verdict::no(text("needs f32, got ", query.in(0)));
  if (has.keep_for_backward) return Verdict::no("keeps nothing that our backward could read");
  if (has.activation != ScalarFunction::tanh || has.recurrent_activation != ScalarFunction::sigmoid) {
    return Verdict::no("knows tanh and sigmoid only");
  }
  if (has.has_mask) return Verdict::no("knows no mask");
  if (has.has_recurrent_dropout) return Verdict::no("knows no recurrent dropout");
  if (has.reverse) return Verdict::no("puts a reversed sequence out in the order of time");
  const LstmShape shape = lstm_shape_of(has, query.in_extents(0), query.in_extents(2));
  if (shape.is_empty()) return Verdict::no("an empty tensor");
  return Verdict::yes();
}

memory::desc f32(const memory::dims& dims, memory::format_tag tag) { return {dims, memory::data_type::f32, tag}; }

Prepared prepare(const KernelQuery& query) {
  using tag = memory::format_tag;
  const auto& has = query.attributes.get<LstmAttributes>();
  const LstmShape s = lstm_shape_of(has, query.in_extents(0), query.in_extents(2));
  const auto x = f32({s.steps, s.batch, s.features}, tag::ntc), sequence = f32({s.steps, s.batch, s.units}, tag::ntc);
  const auto state = f32({1, 1, s.batch, s.units}, tag::ldnc);
  const memory::dims kernel_dims = {1, 1, s.features, 4, s.units}, recurrent_dims = {1, 1, s.units, 4, s.units};
  const auto kernel = f32(kernel_dims, tag::ldigo), recurrent = f32(recurrent_dims, tag::ldigo);
  const auto initial = has.has_initial_state ? state : memory::desc();
  const auto bias = f32({1, 1, 4, s.units}, tag::ldgo);  // wanted by the primitive: zeros where there is none

  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto description = onednn::describe<dnnl::lstm_forward>(
      attributes, dnnl::prop_kind::forward_inference, dnnl::rnn_direction::unidirectional_left2right, x, initial, initial,
      f32(kernel_dims, tag::any), f32(recurrent_dims, tag::any), bias, sequence, state, state);

  auto made = std::make_shared<OnednnState>();
  const auto unbound = [](const memory::desc& desc) { return memory(desc, onednn::engine(), nullptr); };
  made->primitive = dnnl::lstm_forward(description);
  made->kernel = unbound(kernel), made->recurrent = unbound(recurrent);
  made->packed_kernel = unbound(description.weights_layer_desc());
  made->packed_recurrent = unbound(description.weights_iter_desc());
  made->scratchpad = unbound(description.scratchpad_desc());
  made->pack_kernel = dnnl::reorder(made->kernel, made->packed_kernel);
  made->pack_recurrent = dnnl::reorder(made->recurrent, made->packed_recurrent);
  made->x = unbound(x), made->sequence = unbound(sequence), made->h = unbound(state), made->c = unbound(state);
  made->h0 = unbound(initial), made->c0 = unbound(initial), made->bias = unbound(bias);

  const auto aligned = [](size_t bytes) { return (bytes + 255) / 256 * 256; };
  made->packed_recurrent_at = aligned(made->packed_kernel.get_desc().get_size());
  made->zero_bias_at = made->packed_recurrent_at + aligned(made->packed_recurrent.get_desc().get_size());
  made->scratchpad_at = made->zero_bias_at + aligned(bias.get_size());
  Prepared prepared;
  prepared.workspace_bytes = made->scratchpad_at + made->scratchpad.get_desc().get_size();
  prepared.state = std::move(made);
  return prepared;
}

void launch(KernelContext& context) {
  auto& state = context.state_as<OnednnState>();
  const LstmForward<float> a = lstm_forward_of<float>(context);
  const auto bind = [](memory& to, const float* data) { to.set_data_handle(const_cast<float*>(data)); };
  bind(state.x, a.x), bind(state.kernel, a.kernel), bind(state.recurrent, a.recurrent);
  bind(state.sequence, a.sequence), bind(state.h, a.h), bind(state.c, a.c);
  auto* const workspace = static_cast<char*>(context.workspace);
  state.packed_kernel.set_data_handle(workspace);
  state.packed_recurrent.set_data_handle(workspace + state.packed_recurrent_at);
  state.scratchpad.set_data_handle(workspace + state.scratchpad_at);
  float* const zero_bias = reinterpret_cast<float*>(workspace + state.zero_bias_at);
  if (!a.bias) std::fill(zero_bias, zero_bias + 4 * a.shape.units, 0.0f);
  bind(state.bias, a.bias ? a.bias : zero_bias);
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC_LAYER, state.x},
                                               {DNNL_ARG_WEIGHTS_LAYER, state.packed_kernel},
                                               {DNNL_ARG_WEIGHTS_ITER, state.packed_recurrent},
                                               {DNNL_ARG_BIAS, state.bias},
                                               {DNNL_ARG_DST_LAYER, state.sequence},
                                               {DNNL_ARG_DST_ITER, state.h},
                                               {DNNL_ARG_DST_ITER_C, state.c},
                                               {DNNL_ARG_SCRATCHPAD, state.scratchpad}};
  if (a.h0) {
    bind(state.h0, a.h0), bind(state.c0, a.c0);
    arguments.insert({{DNNL_ARG_SRC_ITER, state.h0}, {DNNL_ARG_SRC_ITER_C, state.c0}});
  }
  state.pack_kernel.execute(onednn::stream(), state.kernel, state.packed_kernel);
  state.pack_recurrent.execute(onednn::stream(), state.recurrent, state.packed_recurrent);
  state.primitive.execute(onednn::stream(), arguments);
  onednn::stream().wait();
}

}  // namespace

KernelImpl cpu::lstm_onednn() { return {"lstm", DeviceKind::cpu, "onednn", accepts, onednn::prepare<prepare>, onednn::launch<launch>}; }

}  // namespace lamina

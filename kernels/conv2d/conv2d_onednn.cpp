// SPDX-License-Identifier: Apache-2.0
// The three convolutions by oneDNN. Pictures stay NHWC, which its AVX-512 and AMX kernels take as it is; the filters get the
// format that the primitive chooses, so that the conversion is a visible node.
#include "kernels/conv2d/conv2d_cpu.h"
#include "kernels/conv2d/conv2d_geometry.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

using dnnl::memory;

struct State {
  dnnl::primitive primitive;
  memory x, w, y;
};

// Of one convolution, in oneDNN's order of axes: (N, C, H, W) and (O, I, H, W).
struct Description {
  memory::dims x, w, y, strides, dilations, before, behind;
  memory::data_type type;

  memory::desc pictures(const memory::dims& dims) const { return {dims, type, memory::format_tag::nhwc}; }
  memory::desc filters() const { return {w, type, memory::format_tag::hwio}; }
  memory::desc any_filters() const { return {w, type, memory::format_tag::any}; }
};

Description describe(const Conv2dGeometry& g, DType type) {
  // What no place covers behind the last one must not count as padding: oneDNN wants exact sizes.
  const auto behind = [](const WindowAxis& axis) {
    return (axis.out - 1) * axis.stride + (axis.size - 1) * axis.dilation + 1 - axis.before - axis.in;
  };
  return {{g.batch, g.channels_in, g.rows.in, g.columns.in},
          {g.channels_out, g.channels_in, g.rows.size, g.columns.size},
          {g.batch, g.channels_out, g.rows.out, g.columns.out},
          {g.rows.stride, g.columns.stride},
          {g.rows.dilation - 1, g.columns.dilation - 1},
          {g.rows.before, g.columns.before},
          {behind(g.rows), behind(g.columns)},
          onednn::data_type_of(type)};
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward(const Description& d, dnnl::prop_kind kind = dnnl::prop_kind::forward_training) {
  const dnnl::convolution_forward::desc desc(kind, kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides, d.dilations,
                                             d.before, d.behind);
  return {desc, onednn::engine()};
}

// fn(primitive descriptor, format of the filters) for the pass.
template <class Fn>
auto with_primitive(Conv2dPass pass, const Description& d, Fn&& fn) {
  if (pass == Conv2dPass::forward) {
    const auto primitive = forward(d);
    return fn(dnnl::primitive(primitive.get()), primitive.weights_desc(), primitive.impl_info_str());
  }
  if (pass == Conv2dPass::dgrad) {
    const dnnl::convolution_backward_data::desc desc(kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides,
                                                     d.dilations, d.before, d.behind);
    const dnnl::convolution_backward_data::primitive_desc primitive(desc, onednn::engine(), forward(d));
    return fn(dnnl::primitive(primitive.get()), primitive.weights_desc(), primitive.impl_info_str());
  }
  const dnnl::convolution_backward_weights::desc desc(kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides,
                                                      d.dilations, d.before, d.behind);
  const dnnl::convolution_backward_weights::primitive_desc primitive(desc, onednn::engine(), forward(d));
  return fn(dnnl::primitive(primitive.get()), primitive.diff_weights_desc(), primitive.impl_info_str());
}

// oneDNN 2.6.3 on AMX: wrong sums or a corrupted heap.
bool has_the_wide_picture_defect(Conv2dPass pass, const Conv2dGeometry& g, DType type) {
  constexpr auto kAmx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return pass == Conv2dPass::wgrad && type == DType::bf16 && g.rows.size == 3 && g.columns.size == 3 && g.columns.stride == 1 &&
         g.columns.out > 352 && (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kAmx) == kAmx;
}

template <Conv2dPass kPass>
Verdict accepts(const KernelQuery& query) {
  const DType type = query.in(0);
  if (type != DType::f32 && type != DType::bf16) return Verdict::no(text("needs f32 or bf16, got ", type));
  if (const Verdict bf16 = onednn::accepts_bf16(); type == DType::bf16 && !bf16.accepted()) return bf16;
  const Conv2dGeometry g = conv2d_geometry(kPass, query);
  if (g.x_count() * g.w_count() * g.y_count() == 0) return Verdict::no("an empty convolution");
  if (has_the_wide_picture_defect(kPass, g, type)) return Verdict::no("oneDNN 2.6.3 is wrong for 3x3 bf16 weight gradients of width 353 and more");
  try {
    return with_primitive(kPass, describe(g, type), [](const dnnl::primitive&, const memory::desc&, const std::string& name) {
      return name.starts_with("ref") ? Verdict::no("oneDNN has plain loops only") : Verdict::yes();
    });
  } catch (const dnnl::error& error) {
    return Verdict::no(text("oneDNN: ", error.message));
  }
}

template <Conv2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  const Description d = describe(conv2d_geometry(kPass, query), query.in(0));
  auto state = std::make_shared<State>();
  Layout filters;
  with_primitive(kPass, d, [&](dnnl::primitive primitive, const memory::desc& w, const std::string&) {
    state->primitive = std::move(primitive);
    state->w = memory(w, onednn::engine(), nullptr);
    filters = onednn::layout_of(w, d.filters());
  });
  state->x = memory(d.pictures(d.x), onednn::engine(), nullptr);
  state->y = memory(d.pictures(d.y), onednn::engine(), nullptr);
  Prepared prepared{.state = std::move(state)};
  if constexpr (kPass == Conv2dPass::wgrad) {
    prepared.output_layouts = {filters};
  } else {
    prepared.input_layouts = {Layout::row_major(), filters};
  }
  return prepared;
}

template <Conv2dPass kPass>
void launch(KernelContext& context) {
  auto& state = context.state_as<State>();
  void *const a = context.inputs[0].data, *const b = context.inputs[1].data, *const result = context.outputs[0].data;
  state.x.set_data_handle(kPass == Conv2dPass::dgrad ? result : a);
  state.w.set_data_handle(kPass == Conv2dPass::wgrad ? result : b);
  state.y.set_data_handle(kPass == Conv2dPass::forward ? result : kPass == Conv2dPass::dgrad ? a : b);
  constexpr int kX = kPass == Conv2dPass::dgrad ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
  constexpr int kW = kPass == Conv2dPass::wgrad ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS;
  constexpr int kY = kPass == Conv2dPass::forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST;
  state.primitive.execute(onednn::stream(), {{kX, state.x}, {kW, state.w}, {kY, state.y}});
  onednn::stream().wait();
}

template <Conv2dPass kPass>
KernelImpl impl_of(const char* op) {
  return {op, DeviceKind::cpu, "onednn", accepts<kPass>, onednn::prepare<prepare<kPass>>, onednn::launch<launch<kPass>>};
}

}  // namespace

namespace cpu {

std::array<KernelImpl, 3> conv2d_onednn() {
  return {impl_of<Conv2dPass::forward>("conv2d"), impl_of<Conv2dPass::dgrad>("conv2d_dgrad"),
          impl_of<Conv2dPass::wgrad>("conv2d_wgrad")};
}

}  // namespace cpu
}  // namespace lamina

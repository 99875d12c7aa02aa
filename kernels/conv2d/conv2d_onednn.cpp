// SPDX-License-Identifier: Apache-2.0
// The three convolutions by oneDNN. Pictures stay NHWC, which its AVX-512 and AMX kernels take as it is; the filters get the
// format that the primitive chooses, so that the conversion is a visible node. An epilogue is the primitive's bias and the
// operations that follow it ("post-ops").
#include "kernels/conv2d/conv2d_cpu.h"
#include "kernels/conv2d/conv2d_geometry.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

using dnnl::memory;

// A tensor of the epilogue: which input it is, and the argument that the primitive knows it by.
struct EpilogueArgument {
  size_t input;
  int argument;
  memory tensor;
};

struct State {
  dnnl::primitive primitive;
  memory x, w, y;
  std::vector<EpilogueArgument> epilogue;
};

// Of one convolution, in oneDNN's order of axes: (N, C, H, W) and (O, I, H, W).
struct Description {
  memory::dims x, w, y, strides, dilations, before, behind;
  memory::data_type type;
  Epilogue epilogue;

  memory::desc pictures(const memory::dims& dims) const { return {dims, type, memory::format_tag::nhwc}; }
  memory::desc results() const { return {y, epilogue.widened ? memory::data_type::f32 : type, memory::format_tag::nhwc}; }
  memory::desc filters() const { return {w, type, memory::format_tag::hwio}; }
  memory::desc any_filters() const { return {w, type, memory::format_tag::any}; }
  // The argument of the primitive for a shift alone; behind a scale it is one of the operations that follow.
  bool has_bias() const { return epilogue.shift && !epilogue.scale; }
  memory::desc bias() const { return {{y[1]}, memory::data_type::f32, memory::format_tag::x}; }
  memory::desc per_channel() const { return {{1, y[1], 1, 1}, memory::data_type::f32, memory::format_tag::nhwc}; }
};

Description describe(const Conv2dGeometry& g, DType type, const Epilogue& epilogue = {}) {
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
          onednn::data_type_of(type),
          epilogue};
}

// The operations that follow, in order; fn(part's place among the inputs, argument, format) for each tensor that they read.
template <class Fn>
dnnl::post_ops operations(const Description& d, Fn&& fn) {
  const EpiloguePlaces at = epilogue_places(d.epilogue, 2);
  dnnl::post_ops operations;
  const auto append = [&](dnnl::algorithm algorithm, size_t input, const memory::desc& desc) {
    fn(input, DNNL_ARG_ATTR_MULTIPLE_POST_OP(operations.len()) | DNNL_ARG_SRC_1, desc);
    operations.append_binary(algorithm, desc);
  };
  if (d.has_bias()) fn(at.shift, DNNL_ARG_BIAS, d.bias());
  if (d.epilogue.scale) append(dnnl::algorithm::binary_mul, at.scale, d.per_channel());
  if (d.epilogue.scale && d.epilogue.shift) append(dnnl::algorithm::binary_add, at.shift, d.per_channel());
  if (d.epilogue.slope != 1) {
    operations.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, static_cast<float>(d.epilogue.slope), 0.0f);
  }
  if (d.epilogue.residual) append(dnnl::algorithm::binary_add, at.residual, d.results());
  return operations;
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward(const Description& d) {
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations(d, [](size_t, int, const memory::desc&) {}));
  const memory::desc no_bias;
  const dnnl::convolution_forward::desc desc(dnnl::prop_kind::forward_training, kAlgorithm, d.pictures(d.x), d.any_filters(),
                                             d.has_bias() ? d.bias() : no_bias, d.results(), d.strides, d.dilations, d.before,
                                             d.behind);
  return {desc, attributes, onednn::engine()};
}

// fn(descriptor of the primitive, format of the filters, name of the implementation) for the pass.
template <class Fn>
auto with_primitive(Conv2dPass pass, const Description& d, Fn&& fn) {
  if (pass == Conv2dPass::forward) {
    const auto primitive = forward(d);
    return fn(primitive, primitive.weights_desc(), primitive.impl_info_str());
  }
  if (pass == Conv2dPass::dgrad) {
    const dnnl::convolution_backward_data::desc desc(kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides,
                                                     d.dilations, d.before, d.behind);
    const dnnl::convolution_backward_data::primitive_desc primitive(desc, onednn::engine(), forward(d));
    return fn(primitive, primitive.weights_desc(), primitive.impl_info_str());
  }
  const dnnl::convolution_backward_weights::desc desc(kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides,
                                                      d.dilations, d.before, d.behind);
  const dnnl::convolution_backward_weights::primitive_desc primitive(desc, onednn::engine(), forward(d));
  return fn(primitive, primitive.diff_weights_desc(), primitive.impl_info_str());
}

// oneDNN 2.6.3 on AMX: wrong sums or a corrupted heap.
bool has_the_wide_picture_defect(Conv2dPass pass, const Conv2dGeometry& g, DType type) {
  constexpr auto kAmx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return pass == Conv2dPass::wgrad && type == DType::bf16 && g.rows.size == 3 && g.columns.size == 3 && g.columns.stride == 1 &&
         g.columns.out > 352 && (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & kAmx) == kAmx;
}

Epilogue epilogue_of(const Attributes& attributes) { return attributes.get<Conv2dAttributes>().epilogue; }

template <Conv2dPass kPass>
Verdict accepts(const KernelQuery& query) {
  const DType type = query.in(0);
  if (type != DType::f32 && type != DType::bf16) return Verdict::no(text("needs f32 or bf16, got ", type));
  if (const Verdict bf16 = onednn::accepts_bf16(); type == DType::bf16 && !bf16.accepted()) return bf16;
  const Conv2dGeometry g = conv2d_geometry(kPass, query);
  if (g.x_count() * g.w_count() * g.y_count() == 0) return Verdict::no("an empty convolution");
  const Epilogue epilogue = epilogue_of(query.attributes);
  if (epilogue.slope == 0) return Verdict::no("oneDNN's relu makes 0 of NaN");
  if (has_the_wide_picture_defect(kPass, g, type)) return Verdict::no("oneDNN 2.6.3 is wrong for 3x3 bf16 weight gradients of width 353 and more");
  try {
    return with_primitive(kPass, describe(g, type, epilogue), [](auto&&, const memory::desc&, const std::string& name) {
      return name.starts_with("ref") ? Verdict::no("oneDNN has plain loops only") : Verdict::yes();
    });
  } catch (const dnnl::error& error) {
    return Verdict::no(text("oneDNN: ", error.message));
  }
}

template <Conv2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  const Description d = describe(conv2d_geometry(kPass, query), query.in(0), epilogue_of(query.attributes));
  auto state = std::make_shared<State>();
  Layout filters;
  with_primitive(kPass, d, [&](const auto& primitive, const memory::desc& w, const std::string&) {
    state->primitive = dnnl::primitive(primitive.get());
    state->w = memory(w, onednn::engine(), nullptr);
    filters = onednn::layout_of(w, d.filters());
  });
  state->x = memory(d.pictures(d.x), onednn::engine(), nullptr);
  state->y = memory(d.results(), onednn::engine(), nullptr);
  operations(d, [&](size_t input, int argument, const memory::desc& desc) {
    state->epilogue.push_back({input, argument, memory(desc, onednn::engine(), nullptr)});
  });
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
  std::unordered_map<int, memory> arguments = {{kX, state.x}, {kW, state.w}, {kY, state.y}};
  for (EpilogueArgument& one : state.epilogue) {
    one.tensor.set_data_handle(context.inputs[one.input].data);
    arguments.emplace(one.argument, one.tensor);
  }
  state.primitive.execute(onednn::stream(), arguments);
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

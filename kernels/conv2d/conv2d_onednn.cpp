// SPDX-License-Identifier: Apache-2.0
// The three convolutions by oneDNN. Pictures stay NHWC, which its AVX-512 and AMX kernels take as it is; the filters get the
// format that the primitive chooses, so that the conversion is a visible node. An epilogue is the primitive's bias and the
// operations that follow it ("post-ops").
//
// The gradient to the picture at stride 1 is itself a convolution: of dy with the filters turned by half a turn, and their
// channels in and out swapped. oneDNN 2.6.3 has faster kernels for that than for its own backward pass (3.2 does the same
// inside), so it is asked for that one.
#include <optional>

#include "kernels/conv2d/conv2d_cpu.h"
#include "kernels/conv2d/conv2d_geometry.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

using dnnl::memory;

constexpr size_t kResult = SIZE_MAX;

// A tensor that the primitive works on: which input of the step it is, or kResult, and the argument that the primitive knows it by.
struct Argument {
  size_t input;
  int name;
  memory tensor;
};

struct State {
  dnnl::primitive primitive;
  std::vector<Argument> arguments;
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
    onednn::append_eltwise(operations, dnnl::algorithm::eltwise_relu, static_cast<float>(d.epilogue.slope));
  }
  if (d.epilogue.residual) append(dnnl::algorithm::binary_add, at.residual, d.results());
  return operations;
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward(const Description& d) {
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations(d, [](size_t, int, const memory::desc&) {}));
  const memory::desc bias = d.has_bias() ? d.bias() : memory::desc();
  return onednn::describe<dnnl::convolution_forward>(attributes, dnnl::prop_kind::forward_training, kAlgorithm, d.pictures(d.x),
                                                     d.any_filters(), bias, d.results(), d.strides, d.dilations, d.before, d.behind);
}

// The convolution of dy that gives dx, where there is one.
std::optional<Description> as_forward(const Description& d) {
  Description turned = d;
  std::swap(turned.x, turned.y);
  std::swap(turned.w[0], turned.w[1]);
  for (size_t axis = 0; axis < 2; ++axis) {
    const memory::dim reach = (d.w[2 + axis] - 1) * (d.dilations[axis] + 1);
    turned.before[axis] = reach - d.before[axis];
    turned.behind[axis] = reach - d.behind[axis];
    if (d.strides[axis] != 1 || turned.before[axis] < 0 || turned.behind[axis] < 0) return std::nullopt;
  }
  return turned;
}

// What oneDNN has for a pass. The filters are (O, I, H, W) as the user has them; `turned` says that the primitive's are upside
// down and mirrored.
struct Pass {
  dnnl::primitive_desc_base primitive;
  memory::desc own_filters;  // in the primitive's order of axes
  memory::desc filters;
  bool turned = false;
  int x, w, y;  // the names of its arguments
};

Pass choose(Conv2dPass pass, const Description& d) {
  if (pass == Conv2dPass::forward) {
    const auto primitive = forward(d);
    const memory::desc w = primitive.weights_desc();
    return {primitive, w, w, false, DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
  }
  if (pass == Conv2dPass::wgrad) {
    const auto primitive = onednn::describe_backward<dnnl::convolution_backward_weights>(
        forward(d), kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides, d.dilations, d.before, d.behind);
    const memory::desc w = primitive.diff_weights_desc();
    return {primitive, w, w, false, DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST};
  }
  if (const std::optional<Description> turned = as_forward(d)) {
    const auto primitive = forward(*turned);
    const memory::desc w = primitive.weights_desc();
    const bool has_taps = d.w[2] * d.w[3] > 1;
    return {primitive, w, w.permute_axes({1, 0, 2, 3}), has_taps, DNNL_ARG_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_SRC};
  }
  const auto primitive = onednn::describe_backward<dnnl::convolution_backward_data>(
      forward(d), kAlgorithm, d.pictures(d.x), d.any_filters(), d.pictures(d.y), d.strides, d.dilations, d.before, d.behind);
  const memory::desc w = primitive.weights_desc();
  return {primitive, w, w, false, DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST};
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
    const Pass choice = choose(kPass, describe(g, type, epilogue));
    const bool plain = std::string_view(choice.primitive.impl_info_str()).starts_with("ref");
    return plain ? Verdict::no("oneDNN has plain loops only") : Verdict::yes();
  } catch (const dnnl::error& error) {
    return Verdict::no(text("oneDNN: ", error.message));
  }
}

template <Conv2dPass kPass>
Prepared prepare(const KernelQuery& query) {
  const Description d = describe(conv2d_geometry(kPass, query), query.in(0), epilogue_of(query.attributes));
  const Pass choice = choose(kPass, d);
  auto state = std::make_shared<State>();
  state->primitive = dnnl::primitive(choice.primitive.get());
  const auto add = [&](size_t input, int name, const memory::desc& desc) {
    state->arguments.push_back({input, name, memory(desc, onednn::engine(), nullptr)});
  };
  add(kPass == Conv2dPass::dgrad ? kResult : 0, choice.x, d.pictures(d.x));
  add(kPass == Conv2dPass::wgrad ? kResult : 1, choice.w, choice.own_filters);
  add(kPass == Conv2dPass::forward ? kResult : kPass == Conv2dPass::dgrad ? 0 : 1, choice.y, d.results());
  operations(d, add);
  Prepared prepared{.state = std::move(state)};
  const Layout filters = onednn::layout_of(choice.filters, d.filters(), choice.turned);
  if constexpr (kPass == Conv2dPass::wgrad) {
    prepared.output_layouts = {filters};
  } else {
    prepared.input_layouts = {Layout::row_major(), filters};
  }
  return prepared;
}

void launch(KernelContext& context) {
  auto& state = context.state_as<State>();
  std::unordered_map<int, memory> arguments;
  for (Argument& one : state.arguments) {
    one.tensor.set_data_handle((one.input == kResult ? context.outputs[0] : context.inputs[one.input]).data);
    arguments.emplace(one.name, one.tensor);
  }
  state.primitive.execute(onednn::stream(), arguments);
  onednn::stream().wait();
}

template <Conv2dPass kPass>
KernelImpl impl_of(const char* op) {
  return {op, DeviceKind::cpu, "onednn", accepts<kPass>, onednn::prepare<prepare<kPass>>, onednn::launch<launch>};
}

}  // namespace

namespace cpu {

std::array<KernelImpl, 3> conv2d_onednn() {
  return {impl_of<Conv2dPass::forward>("conv2d"), impl_of<Conv2dPass::dgrad>("conv2d_dgrad"),
          impl_of<Conv2dPass::wgrad>("conv2d_wgrad")};
}

}  // namespace cpu
}  // namespace lamina

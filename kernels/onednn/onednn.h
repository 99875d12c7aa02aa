// SPDX-License-Identifier: Apache-2.0
// What all implementations on oneDNN share: its engine, its types, and its exceptions as ours. Versions 2 and 3 are taken.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "core/op/kernel_impl.h"

namespace lamina::onednn {

dnnl::engine& engine();  // the cpu
dnnl::stream& stream();  // of the calling thread; what is executed on it is done when wait() returns

dnnl::memory::data_type data_type_of(DType type);  // f32, bf16, f16, i32, u8

// bf16 needs AVX-512: without it oneDNN has no primitive. ONEDNN_MAX_CPU_ISA counts.
Verdict accepts_bf16();

// The two versions of its interface, which differ in how a primitive is described: `of` is what its own constructors take, in
// their order.
#if DNNL_VERSION_MAJOR >= 3
template <class Primitive, class... Of>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attributes, const Of&... of) {
  return {engine(), of..., attributes};
}

// Of a backward pass, which belongs to a forward one.
template <class Primitive, class Forward, class... Of>
typename Primitive::primitive_desc describe_backward(const Forward& forward, const Of&... of) {
  return {engine(), of..., forward};
}

inline void append_eltwise(dnnl::post_ops& operations, dnnl::algorithm algorithm, float alpha) {
  operations.append_eltwise(algorithm, alpha, 0.0f);
}

inline dnnl::memory::dims dims_of(const dnnl::memory::desc& desc) { return desc.get_dims(); }

using SoftmaxForward = dnnl::softmax_forward;
#else
template <class Primitive, class... Of>
typename Primitive::primitive_desc describe(const dnnl::primitive_attr& attributes, const Of&... of) {
  return {typename Primitive::desc(of...), attributes, engine()};
}

template <class Primitive, class Forward, class... Of>
typename Primitive::primitive_desc describe_backward(const Forward& forward, const Of&... of) {
  return {typename Primitive::desc(of...), engine(), forward};
}

inline void append_eltwise(dnnl::post_ops& operations, dnnl::algorithm algorithm, float alpha) {
  operations.append_eltwise(1.0f, algorithm, alpha, 0.0f);
}

inline dnnl::memory::dims dims_of(const dnnl::memory::desc& desc) { return desc.dims(); }

using SoftmaxForward = dnnl::softmax_v2_forward;
#endif

// A format that a primitive chose for one of its tensors, and the row-major one, both over the library's order of axes.
struct Format {
  dnnl::memory::desc chosen;
  dnnl::memory::desc row_major;
  bool turned;  // filters (O, I, H, W) by half a turn: the element of (h, w) lies at (H - 1 - h, W - 1 - w)
};

// The layout for prepare() to ask for: row-major where the two are equal, else opaque, and converted by reorder/onednn.
Layout layout_of(const dnnl::memory::desc& chosen, const dnnl::memory::desc& row_major, bool turned = false);

// The format of a layout of ours; nothing for any other layout.
const Format* format_of(const Layout& layout);

// Throws ErrorKind::device: memory that is not to be had, or a primitive that oneDNN does not have.
[[noreturn]] void throw_error(const dnnl::error& error);

// For the table of a KernelImpl: the same function, whose dnnl::error comes out as lamina::Error.
template <Prepared (*kPrepare)(const KernelQuery&)>
Prepared prepare(const KernelQuery& query) {
  try {
    return kPrepare(query);
  } catch (const dnnl::error& error) {
    throw_error(error);
  }
}

template <void (*kLaunch)(KernelContext&)>
void launch(KernelContext& context) {
  try {
    kLaunch(context);
  } catch (const dnnl::error& error) {
    throw_error(error);
  }
}

}  // namespace lamina::onednn

// SPDX-License-Identifier: Apache-2.0
// What all implementations on oneDNN share: its engine, its types, and its exceptions as ours.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "core/op/kernel_impl.h"

namespace lamina::onednn {

dnnl::engine& engine();  // the cpu
dnnl::stream& stream();  // of the calling thread; what is executed on it is done when wait() returns

dnnl::memory::data_type data_type_of(DType type);  // f32, bf16, f16, i32, u8

// bf16 needs AVX-512: without it oneDNN has no primitive. ONEDNN_MAX_CPU_ISA counts.
Verdict accepts_bf16();

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

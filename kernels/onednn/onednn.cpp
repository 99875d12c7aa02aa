// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/onednn.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include "core/base/check.h"

namespace lamina::onednn {

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream own(engine());
  return own;
}

dnnl::memory::data_type data_type_of(DType type) {
  switch (type) {
    case DType::f32: return dnnl::memory::data_type::f32;
    case DType::bf16: return dnnl::memory::data_type::bf16;
    case DType::f16: return dnnl::memory::data_type::f16;
    case DType::i32: return dnnl::memory::data_type::s32;
    case DType::u8: return dnnl::memory::data_type::u8;
    default: LAMINA_ASSERT(false, "no type of oneDNN: ", type);
  }
  return dnnl::memory::data_type::undef;
}

Verdict accepts_bf16() {
  // A set of bits: every later instruction set holds those that it extends.
  constexpr auto kNeeded = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
  const auto has = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  if ((has & kNeeded) == kNeeded) return Verdict::yes();
  return Verdict::no("oneDNN has bf16 on CPUs with AVX-512 only");
}

namespace {

constexpr const char* kTag = "onednn:";

// How the elements of a blocked format lie.
struct Blocking {
  bool exists;
  dnnl_data_type_t type;
  dnnl::memory::dims padded, strides, blocks, blocked_axes;
};

Blocking blocking_of(const dnnl::memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
  return {desc.get_format_kind() == dnnl::memory::format_kind::blocked,
          dnnl::memory::convert_to_c(desc.get_data_type()),
          desc.get_padded_dims(),
          desc.get_strides(),
          desc.get_inner_blks(),
          desc.get_inner_idxs()};
#else
  const auto first = [](const dnnl_dim_t* dims, int count) { return dnnl::memory::dims(dims, dims + count); };
  const dnnl_memory_desc_t& data = desc.data;
  const dnnl_blocking_desc_t& blocking = data.format_desc.blocking;
  return {data.format_kind == dnnl_blocked,
          data.data_type,
          first(data.padded_dims, data.ndims),
          first(blocking.strides, data.ndims),
          first(blocking.inner_blks, blocking.inner_nblks),
          first(blocking.inner_idxs, blocking.inner_nblks)};
#endif
}

// All that tells two formats of one shape and type apart: the outer strides and the inner blocks.
std::string tag_of(const Blocking& format) {
  std::string tag = text(kTag, dnnl_dt2str(format.type), ":");
  for (size_t axis = 0; axis < format.padded.size(); ++axis) {
    tag += text(axis ? "," : "", format.padded[axis], "/", format.strides[axis]);
  }
  for (size_t block = 0; block < format.blocks.size(); ++block) {
    tag += text(block ? "x" : ":", format.blocks[block], static_cast<char>('a' + format.blocked_axes[block]));
  }
  return tag;
}

}  // namespace

Layout layout_of(const dnnl::memory::desc& chosen, const dnnl::memory::desc& row_major, bool turned) {
  if (chosen == row_major && !turned) return Layout::row_major();
  const Blocking format = blocking_of(chosen);
  LAMINA_ASSERT(format.exists, "a format of oneDNN without strides");
  return Layout::opaque(tag_of(format) + (turned ? ":turned" : ""), static_cast<int64_t>(chosen.get_size()),
                        std::make_shared<const Format>(Format{chosen, row_major, turned}));
}

const Format* format_of(const Layout& layout) {
  if (layout.kind != Layout::Kind::opaque || !layout.tag.starts_with(kTag)) return nullptr;
  return static_cast<const Format*>(layout.description.get());
}

void throw_error(const dnnl::error& error) {
  throw Error(ErrorKind::device, text("oneDNN: ", error.message, error.status == dnnl_out_of_memory ? " (out of memory)" : ""));
}

}  // namespace lamina::onednn

// SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/onednn.h"

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

void throw_error(const dnnl::error& error) {
  throw Error(ErrorKind::device, text("oneDNN: ", error.message, error.status == dnnl_out_of_memory ? " (out of memory)" : ""));
}

}  // namespace lamina::onednn

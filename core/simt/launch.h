// SPDX-License-Identifier: Apache-2.0
// launch<kernel>(stream, grid, block, shared_bytes, args...), the same on both compilers. The kernel is a template
// argument so that its name is known for messages, profiles and launch counts. An empty grid launches nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/simt/qualifiers.h"
#include "core/simt/types.h"

#ifdef __CUDACC__
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/runtime/cuda/cuda_api.h"
#endif

namespace lamina::SIMT_BACKEND {

// "transpose_kernel<32>" out of the compiler's spelling of this function ("... [with auto K =
// ...::transpose_kernel<32>; ...").
template <auto K>
constexpr std::string_view kernel_name_in_signature() {
  std::string_view name = __PRETTY_FUNCTION__;
  name.remove_prefix(name.find("K = ") + 4);
  size_t depth = 0, end = 0, start = 0;
  for (; end < name.size(); ++end) {
    const char c = name[end];
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ';' || c == ']')) break;
    if (c == '>' || c == ')' || c == '}' || c == ']') --depth;
    if (depth == 0 && c == ':') start = end + 1;
  }
  return name.substr(start, end - start);
}

#ifdef __CUDACC__

namespace launch_detail {

inline void check(cudaError_t status, std::string_view kernel, const char* doing) {
  if (status == cudaSuccess) return;
  cuda_api().get_last_error();  // it is told here, so nobody else is to find it
  throw Error(ErrorKind::device, text("[cuda] kernel ", kernel, ": ", doing, " failed with ", cuda_error_text(status)));
}

// More than 48 KiB of dynamic shared memory must be asked for, per kernel and device.
template <auto K>
void allow_shared_bytes(size_t shared_bytes) {
  constexpr size_t kAllowedByDefault = 48 * 1024;
  if (shared_bytes <= kAllowedByDefault) return;
  check(cuda_api().func_set_attribute(reinterpret_cast<const void*>(K), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      static_cast<int>(shared_bytes)),
        kernel_name_in_signature<K>(), "reserving dynamic shared memory");
}

// The arguments are converted to the kernel's parameter types here, once; CUDA copies them before the call returns.
template <auto K, class... Params>
void launch_as(void (*)(Params...), bool cooperative, void* stream, dim3 grid, dim3 block, size_t shared_bytes,
               Params... params) {
  if (!grid.x || !grid.y || !grid.z || !block.x || !block.y || !block.z) return;
  allow_shared_bytes<K>(shared_bytes);
  void* pointers[] = {const_cast<void*>(static_cast<const void*>(&params))..., nullptr};
  const auto call = cooperative ? cuda_api().launch_cooperative_kernel : cuda_api().launch_kernel;
  check(call(reinterpret_cast<const void*>(K), grid, block, pointers, shared_bytes, static_cast<cudaStream_t>(stream)),
        kernel_name_in_signature<K>(), cooperative ? "cooperative launch" : "launch");
}

}  // namespace launch_detail

template <auto K, class... Args>
void launch(void* stream, dim3 grid, dim3 block, size_t shared_bytes, const Args&... args) {
  launch_detail::launch_as<K>(K, false, stream, grid, block, shared_bytes, args...);
}

// All blocks are resident at once, so that grid_sync and flags between blocks may be used; fails if they do not fit.
template <auto K, class... Args>
void launch_cooperative(void* stream, dim3 grid, dim3 block, size_t shared_bytes, const Args&... args) {
  launch_detail::launch_as<K>(K, true, stream, grid, block, shared_bytes, args...);
}

#else

namespace launch_detail {

// One thread's call; the arguments are copied for each thread, as by-value parameters are.
template <auto K, class Arguments, size_t... kIndex>
SIMT_GLUE void call(const void* arguments) {
  const auto& values = *static_cast<const Arguments*>(arguments);
  K(std::get<kIndex>(values)...);
}

// The arguments are converted to the kernel's parameter types here, once.
template <auto K, class... Params>
SIMT_GLUE void run(void (*)(Params...), dim3 grid, dim3 block, size_t shared_bytes, bool cooperative,
                   std::tuple<std::decay_t<Params>...> arguments) {
  static const std::string name(kernel_name_in_signature<K>());
  const auto invoke = []<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return &call<K, std::tuple<std::decay_t<Params>...>, kIndex...>;
  }
  (std::index_sequence_for<Params...>{});
  simt::run_kernel({name.c_str(), invoke, &arguments, grid, block, shared_bytes, cooperative});
}

}  // namespace launch_detail

template <auto K, class... Args>
void launch(void* /*stream*/, dim3 grid, dim3 block, size_t shared_bytes, const Args&... args) {
  launch_detail::run<K>(K, grid, block, shared_bytes, false, {args...});
}

// All blocks are resident at once, so that grid_sync and flags between blocks may be used; at most 256 on sim.
template <auto K, class... Args>
void launch_cooperative(void* /*stream*/, dim3 grid, dim3 block, size_t shared_bytes, const Args&... args) {
  launch_detail::run<K>(K, grid, block, shared_bytes, true, {args...});
}

#endif

}  // namespace lamina::SIMT_BACKEND

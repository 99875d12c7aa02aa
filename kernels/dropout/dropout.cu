// SPDX-License-Identifier: Apache-2.0
// dropout: y = kept ? x / (1 - rate) : 0, decided by Philox 4x32-10.
// Mapping   quads: a thread per 4 neighbouring elements, which share one draw and are moved as one vector of 16 or 8
//           bytes (f32, or bf16 and f16); the last thread takes the tail one by one. elements: a thread and a draw per
//           element, where elements share decisions.
// Step      read from device memory: a captured graph draws anew each time it is replayed.
// Shared    none.     Barriers  none.     Needs  tensors aligned to 16 bytes, which slots are.
// Bound     memory; quads spend about 40 integer instructions on an element, elements 160.
#include "kernels/device/typed_memory.cuh"
#include "kernels/dropout/dropout_mask.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;

struct DropoutArgs {
  DropoutMask mask;
  Operand x;
  Result y;
  const int32_t* step;
};

template <class T>
__device__ inline T dropped(const DropoutArgs& args, T x, bool kept) {
  return convert<T>(kept ? convert<float>(x) * static_cast<float>(args.mask.factor) : 0.0f);
}

// Bits is the unsigned type of T's size, Vector four of them.
template <class T, class Bits, class Vector>
__device__ void drop_quad(const DropoutArgs& args, int64_t quad) {
  const PhiloxCounter words = args.mask.draw(quad, *args.step);
  const int64_t first = quad * 4;
  const T* const x = static_cast<const T*>(args.x.data) + first;
  T* const y = static_cast<T*>(args.y.data) + first;
  if (first + 4 <= args.mask.count) {
    const Vector in = *reinterpret_cast<const Vector*>(x);
    const auto one = [&](Bits bits, int i) {
      return std::bit_cast<Bits>(dropped(args, std::bit_cast<T>(bits), args.mask.keeps(words[static_cast<size_t>(i)])));
    };
    Vector out;
    out.x = one(in.x, 0), out.y = one(in.y, 1), out.z = one(in.z, 2), out.w = one(in.w, 3);
    *reinterpret_cast<Vector*>(y) = out;
  } else {
    for (int i = 0; first + i < args.mask.count; ++i) y[i] = dropped(args, x[i], args.mask.keeps(words[static_cast<size_t>(i)]));
  }
}

__global__ void dropout_quads_kernel(const __grid_constant__ DropoutArgs args) {
  const int64_t quad = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (quad * 4 >= args.mask.count) return;
  switch (args.x.dtype) {
    case DType::bf16: return drop_quad<bf16, unsigned short, ushort4>(args, quad);
    case DType::f16: return drop_quad<f16, unsigned short, ushort4>(args, quad);
    default: return drop_quad<float, unsigned, uint4>(args, quad);
  }
}

__global__ void dropout_elements_kernel(const __grid_constant__ DropoutArgs args) {
  const int64_t element = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (element >= args.mask.count) return;
  const bool kept = args.mask.keeps_element(element, *args.step);
  store_as(args.y, element, dropped(args, load_as<float>(args.x, element), kept));
}

Verdict accepts_elements(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

Verdict accepts_quads(const KernelQuery& query) {
  if (!query.attributes.get<DropoutAttributes>().shared_axes.empty()) return Verdict::no("elements share decisions");
  return accepts_elements(query);
}

Prepared prepare_mask(const KernelQuery& query) {
  return {.state = std::make_shared<DropoutMask>(mask_of(query.attributes, query.in_extents(0)))};
}

DropoutArgs args_of(const KernelContext& context) {
  return {context.state_as<DropoutMask>(),
          {context.inputs[0].data, context.inputs[0].dtype},
          {context.outputs[0].data, context.outputs[0].dtype},
          static_cast<const int32_t*>(context.inputs[1].data)};
}

dim3 grid_for(int64_t threads) { return dim3(static_cast<unsigned>((threads + kThreads - 1) / kThreads)); }

void launch_quads(KernelContext& context) {
  const DropoutArgs args = args_of(context);
  launch<dropout_quads_kernel>(context.stream, grid_for((args.mask.count + 3) / 4), dim3(kThreads), 0, args);
}

void launch_elements(KernelContext& context) {
  const DropoutArgs args = args_of(context);
  launch<dropout_elements_kernel>(context.stream, grid_for(args.mask.count), dim3(kThreads), 0, args);
}

}  // namespace

std::span<const KernelImpl> dropout_impls() {
  static const KernelImpl impls[] = {
      {"dropout", kDevice, "quads", accepts_quads, prepare_mask, launch_quads},
      {"dropout", kDevice, "elements", accepts_elements, prepare_mask, launch_elements},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// reduce: a program of the inputs, combined over the reduced axes of its domain.
// Mapping   `threads`: one thread per output, where neighbouring outputs are neighbours in memory or little is reduced;
//           `blocks`: one block of 128 threads per output, a tree of shuffles at the end. blockIdx.y is one of `splits`
//           equal parts of the reduced range; a second kernel combines the parts in their order.
// Shared    registers x 128 x 4 bytes of program registers (dynamic); blocks: 4 partial results (32 bytes).
// Barriers  blocks: one, between the warps' results and the first warp's reading of them.
// Workspace outputs x splits partial results where splits > 1.   Bound  memory.
#include <algorithm>

#include "kernels/device/typed_memory.cuh"
#include "kernels/program/interpreter.cuh"
#include "kernels/reduce/combine.h"
#include "kernels/reduce/reduce_plan.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / 32;
constexpr int64_t kLongEnoughForABlock = 32;
constexpr int64_t kMaxSplits = 64;
constexpr int64_t kElementsPerSplit = 2048;

struct ReduceArgs {
  ReducePlan plan;
  Operand inputs[CompactProgram::kMaxInputs];
  Result output;
  void* partials;  // [outputs][splits], or null where splits == 1
  int64_t splits;
};

template <class T>
__device__ void store_result(const ReduceArgs& args, int64_t output, Partial<T> result) {
  if (args.plan.kind == ReduceKind::argmax) {
    static_cast<int32_t*>(args.output.data)[output] = result.index;
    return;
  }
  if (args.plan.kind == ReduceKind::mean) result.value = result.value / static_cast<T>(args.plan.length);
  store_as(args.output, output, result.value);
}

template <class T>
__device__ void finish(const ReduceArgs& args, int64_t output, Partial<T> result) {
  if (args.partials) {
    static_cast<Partial<T>*>(args.partials)[output * args.splits + blockIdx.y] = result;
  } else {
    store_result(args, output, result);
  }
}

// The program at one place of the domain.
template <class T>
__device__ T value_at(const ReduceArgs& args, ThreadRegisters<T>& registers, int64_t output, int64_t at) {
  for (int k = 0; k < args.plan.program.inputs; ++k) {
    const int64_t offset = args.plan.kept.offset(output, k) + args.plan.reduced.offset(at, k);
    registers[args.plan.program.input_register[k]] = load_as<T>(args.inputs[k], offset);
  }
  registers.run();
  return registers.read(args.plan.program.result[0]);
}

struct Range {
  int64_t begin;
  int64_t end;
};

__device__ inline Range range_of_split(const ReduceArgs& args) {
  const int64_t each = (args.plan.length + args.splits - 1) / args.splits;
  const int64_t begin = each * blockIdx.y;
  const int64_t end = begin + each;
  return {begin, end < args.plan.length ? end : args.plan.length};
}

template <class T>
__global__ void reduce_threads_kernel(const __grid_constant__ ReduceArgs args) {
  SIMT_DYNAMIC_SHARED(T, shared);
  const int64_t output = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (output >= args.plan.outputs) return;
  ThreadRegisters<T> registers(shared, args.plan.program);
  const Range range = range_of_split(args);
  Partial<T> running = nothing_reduced<T>(args.plan.kind);
  for (int64_t at = range.begin; at < range.end; ++at) {
    running = combine<T>(args.plan.kind, running, {value_at(args, registers, output, at), static_cast<int32_t>(at)});
  }
  finish(args, output, running);
}

template <class T>
__device__ Partial<T> warp_combine(ReduceKind kind, Partial<T> mine) {
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    Partial<T> other;
    other.value = __shfl_xor_sync(0xffffffffu, mine.value, lanes);
    other.index = __shfl_xor_sync(0xffffffffu, mine.index, lanes);
    mine = combine<T>(kind, mine, other);
  }
  return mine;
}

template <class T>
__global__ void reduce_blocks_kernel(const __grid_constant__ ReduceArgs args) {
  SIMT_DYNAMIC_SHARED(T, shared);
  __shared__ T warp_values[kWarps];
  __shared__ int32_t warp_indices[kWarps];
  ThreadRegisters<T> registers(shared, args.plan.program);
  const int64_t output = blockIdx.x;
  const Range range = range_of_split(args);
  Partial<T> running = nothing_reduced<T>(args.plan.kind);
  for (int64_t at = range.begin + threadIdx.x; at < range.end; at += blockDim.x) {
    running = combine<T>(args.plan.kind, running, {value_at(args, registers, output, at), static_cast<int32_t>(at)});
  }
  running = warp_combine(args.plan.kind, running);
  const int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) {
    warp_values[warp] = running.value;
    warp_indices[warp] = running.index;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int other = 1; other < kWarps; ++other) {
    running = combine<T>(args.plan.kind, running, {warp_values[other], warp_indices[other]});
  }
  finish(args, output, running);
}

// The parts of each output, in order.
template <class T>
__global__ void reduce_combine_kernel(const __grid_constant__ ReduceArgs args) {
  const int64_t output = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (output >= args.plan.outputs) return;
  const Partial<T>* const partials = static_cast<const Partial<T>*>(args.partials) + output * args.splits;
  Partial<T> running = nothing_reduced<T>(args.plan.kind);
  for (int64_t split = 0; split < args.splits; ++split) running = combine<T>(args.plan.kind, running, partials[split]);
  store_result(args, output, running);
}

bool by_threads(const ReducePlan& plan) { return plan.inner_is_kept || plan.length <= kLongEnoughForABlock; }

// Enough parts to fill a GPU where there are few outputs and much to reduce.
int64_t splits_of(const ReducePlan& plan) {
  const int64_t blocks = by_threads(plan) ? (plan.outputs + kThreads - 1) / kThreads : plan.outputs;
  if (blocks >= kMaxSplits) return 1;
  const int64_t elements_per_split = by_threads(plan) ? kElementsPerSplit / kThreads : kElementsPerSplit;
  return std::clamp<int64_t>(plan.length / elements_per_split, 1, kMaxSplits);
}

Prepared prepare_split(const KernelQuery& query) {
  auto plan = std::make_shared<ReducePlan>(plan_reduce(query));
  const int64_t splits = splits_of(*plan);
  Prepared prepared;
  if (splits > 1) prepared.workspace_bytes = static_cast<size_t>(plan->outputs * splits) * sizeof(Partial<float>);
  prepared.state = plan;
  return prepared;
}

unsigned blocks_for(int64_t threads) { return static_cast<unsigned>((threads + kThreads - 1) / kThreads); }

template <class T>
void run(const KernelContext& context, const ReduceArgs& args) {
  const size_t shared = register_bytes(args.plan.program, kThreads);
  const auto splits = static_cast<unsigned>(args.splits);
  if (by_threads(args.plan)) {
    launch<reduce_threads_kernel<T>>(context.stream, dim3(blocks_for(args.plan.outputs), splits), dim3(kThreads), shared, args);
  } else {
    launch<reduce_blocks_kernel<T>>(context.stream, dim3(static_cast<unsigned>(args.plan.outputs), splits), dim3(kThreads),
                                    shared, args);
  }
  if (args.splits > 1) {
    launch<reduce_combine_kernel<T>>(context.stream, dim3(blocks_for(args.plan.outputs)), dim3(kThreads), 0, args);
  }
}

void launch_split(KernelContext& context) {
  ReduceArgs args{};
  args.plan = context.state_as<ReducePlan>();
  for (size_t i = 0; i < context.inputs.size(); ++i) args.inputs[i] = {context.inputs[i].data, context.inputs[i].dtype};
  args.output = {context.outputs[0].data, context.outputs[0].dtype};
  args.splits = splits_of(args.plan);
  args.partials = args.splits > 1 ? context.workspace : nullptr;
  if (context.attributes.get<ReduceAttributes>().compute == DType::i32) {
    run<int32_t>(context, args);
  } else {
    run<float>(context, args);
  }
}

}  // namespace

std::span<const KernelImpl> reduce_impls() {
  static const KernelImpl impls[] = {{"reduce", kDevice, "split", accepts_reduce, prepare_split, launch_split}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

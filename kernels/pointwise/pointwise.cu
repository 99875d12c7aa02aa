// SPDX-License-Identifier: Apache-2.0
// pointwise: every output element is a program of the input elements that broadcast to its place.
// Mapping   one thread per element, grid stride; thread t of the grid takes elements t, t + threads, ...
// Layouts   row-major outputs over the whole domain; inputs broadcast by strides (0 where they repeat).
// Shared    registers x 128 threads x 4 bytes of program registers; no static shared memory.   Barriers  none.
// Needs     at most 12 inputs, 8 outputs, 40 instructions; an output may be written where an input is read.
// Bound     memory, up to about a dozen instructions an element; then shared-memory traffic of the registers.
#include <algorithm>

#include "core/graph/pointwise.h"
#include "core/op/kernel_impl.h"
#include "kernels/device/typed_memory.cuh"
#include "kernels/program/broadcast.h"
#include "kernels/program/interpreter.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 128;
constexpr int64_t kMaxBlocks = 132 * 16;  // enough to fill a large GPU; the grid stride does the rest

struct PointwiseArgs {
  int64_t count;
  BroadcastIndex index;
  CompactProgram program;
  Operand inputs[CompactProgram::kMaxInputs];
  Result outputs[CompactProgram::kMaxOutputs];
};

template <class T>
__global__ void pointwise_interpreter_kernel(const __grid_constant__ PointwiseArgs args) {
  SIMT_DYNAMIC_SHARED(T, shared);
  ThreadRegisters<T> registers(shared, args.program);
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < args.count; i += step) {
    for (int k = 0; k < args.program.inputs; ++k) {
      registers[args.program.input_register[k]] = load_as<T>(args.inputs[k], args.index.offset(i, k));
    }
    registers.run();
    for (int k = 0; k < args.program.outputs; ++k) store_as(args.outputs[k], i, registers.read(args.program.result[k]));
  }
}

Verdict accepts_interpreter(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<PointwiseAttributes>();
  if (const char* reason = too_large(attributes.program); *reason) return Verdict::no(reason);
  const bool any_f64 = std::any_of(query.inputs.begin(), query.inputs.end(),
                                   [](const TensorType& input) { return input.dtype == DType::f64; });
  if (any_f64 || attributes.compute == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  return Verdict::yes();
}

Prepared prepare_interpreter(const KernelQuery& query) {
  std::vector<Extents> operands;
  for (const TensorType& input : query.inputs) operands.push_back(input.shape.extents());
  auto args = std::make_shared<PointwiseArgs>();
  args->count = query.out_extents(0).count();
  args->index = broadcast_index(query.out_extents(0), operands);
  args->program = compact(query.attributes.get<PointwiseAttributes>().program);
  Prepared prepared;
  prepared.state = args;
  return prepared;
}

void launch_interpreter(KernelContext& context) {
  PointwiseArgs args = context.state_as<PointwiseArgs>();
  for (size_t i = 0; i < context.inputs.size(); ++i) args.inputs[i] = {context.inputs[i].data, context.inputs[i].dtype};
  for (size_t i = 0; i < context.outputs.size(); ++i)
    args.outputs[i] = {context.outputs[i].data, context.outputs[i].dtype};
  const int64_t wanted = (args.count + kThreads - 1) / kThreads;
  const dim3 grid(static_cast<unsigned>(wanted < kMaxBlocks ? wanted : kMaxBlocks));
  const size_t shared = register_bytes(args.program, kThreads);
  if (context.attributes.get<PointwiseAttributes>().compute == DType::i32) {
    launch<pointwise_interpreter_kernel<int32_t>>(context.stream, grid, dim3(kThreads), shared, args);
  } else {
    launch<pointwise_interpreter_kernel<float>>(context.stream, grid, dim3(kThreads), shared, args);
  }
}

}  // namespace

std::span<const KernelImpl> pointwise_impls() {
  static const KernelImpl impls[] = {
      {"pointwise", kDevice, "interpreter", accepts_interpreter, prepare_interpreter, launch_interpreter}};
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// reduce on the host. `rows` reduces along the block of the interpreter, where the innermost axis is a reduced one: in pieces
// of fixed length whose results are combined in order, so that one long sum keeps all threads busy and comes out the same
// for any number of them. `columns` keeps one running result per element of the block, where the innermost axis is a kept
// one. Sums run in double: the order of addition then hardly shows, and the loops wait for memory anyway.
#include <algorithm>
#include <type_traits>

#include "kernels/program/block_interpreter.h"
#include "kernels/program/scalar.h"
#include "kernels/reduce/combine.h"
#include "kernels/reduce/reduce_plan.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 14;

// The running result: sums of floats are kept in double, the rest in the program's type.
template <class T>
using Running = std::conditional_t<std::is_same_v<T, float>, double, T>;

template <class T>
void store(const ReducePlan& plan, Partial<Running<T>> result, const TensorView& y, int64_t at) {
  if (plan.kind == ReduceKind::argmax) {
    static_cast<int32_t*>(y.data)[at] = result.index;
    return;
  }
  if (plan.kind == ReduceKind::mean) result.value = static_cast<Running<T>>(result.value / static_cast<Running<T>>(plan.length));
  with_type(y.dtype, [&](auto type) { static_cast<decltype(type)*>(y.data)[at] = convert<decltype(type)>(result.value); });
}

template <class T>
void load_inputs(BlockInterpreter<T>& interpreter, const KernelContext& context, const BroadcastIndex& along, int64_t first,
                 const BroadcastIndex& across, int64_t at, int count) {
  for (size_t i = 0; i < context.inputs.size(); ++i) {
    const int which = static_cast<int>(i);
    interpreter.load(which, context.inputs[i], along, which, first, across.offset(at, which), count);
  }
}

constexpr int64_t kPiece = 1 << 15;  // elements of a row that one thread reduces at a time

int64_t pieces_of(const ReducePlan& plan) { return plan.length > kPiece ? (plan.length + kPiece - 1) / kPiece : 1; }

// Sums of every kLanes-th value side by side: additions that do not wait for each other.
template <class T>
Running<T> sum_of(const T* values, int count) {
  constexpr int kLanes = 16;
  Running<T> lanes[kLanes] = {};
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += values[i + lane];
  }
  for (; i < count; ++i) lanes[i % kLanes] += values[i];
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

// Elements [begin, end) of row `output`.
template <class T>
Partial<Running<T>> reduce_piece(const ReducePlan& plan, KernelContext& context, BlockInterpreter<T>& interpreter, int64_t output,
                                 int64_t begin, int64_t end) {
  constexpr int kBlock = BlockInterpreter<T>::kBlock;
  const bool sums = plan.kind == ReduceKind::sum || plan.kind == ReduceKind::mean;
  auto running = nothing_reduced<Running<T>>(plan.kind);
  for (int64_t first = begin; first < end; first += kBlock) {
    const int count = static_cast<int>(std::min<int64_t>(kBlock, end - first));
    load_inputs(interpreter, context, plan.reduced, first, plan.kept, output, count);
    interpreter.run(count);
    const T* values = interpreter.result(0);
    if (sums) {
      running.value += sum_of(values, count);
    } else {
      for (int i = 0; i < count; ++i) {
        running = combine<Running<T>>(plan.kind, running, {values[i], static_cast<int32_t>(first + i)});
      }
    }
  }
  return running;
}

template <class T>
void run_rows(const ReducePlan& plan, KernelContext& context) {
  const int64_t pieces = pieces_of(plan);
  auto* const partials = static_cast<Partial<Running<T>>*>(context.workspace);  // (outputs, pieces), where there are several
#pragma omp parallel if (plan.outputs * plan.length > kElementsWorthAThread)
  {
    BlockInterpreter<T> interpreter(plan.program);
#pragma omp for schedule(static)
    for (int64_t at = 0; at < plan.outputs * pieces; ++at) {
      const int64_t output = at / pieces, begin = at % pieces * kPiece;
      const auto partial = reduce_piece(plan, context, interpreter, output, begin, pieces > 1 ? std::min(begin + kPiece, plan.length) : plan.length);
      if (pieces > 1) {
        partials[at] = partial;
      } else {
        store<T>(plan, partial, context.outputs[0], output);
      }
    }
  }
  if (pieces == 1) return;
  for (int64_t output = 0; output < plan.outputs; ++output) {
    auto running = nothing_reduced<Running<T>>(plan.kind);
    for (int64_t piece = 0; piece < pieces; ++piece) running = combine<Running<T>>(plan.kind, running, partials[output * pieces + piece]);
    store<T>(plan, running, context.outputs[0], output);
  }
}

template <class T>
void run_columns(const ReducePlan& plan, KernelContext& context) {
  constexpr int kBlock = BlockInterpreter<T>::kBlock;
  const int64_t blocks = (plan.outputs + kBlock - 1) / kBlock;
#pragma omp parallel if (plan.outputs * plan.length > kElementsWorthAThread)
  {
    BlockInterpreter<T> interpreter(plan.program);
    std::vector<Partial<Running<T>>> running(kBlock);
#pragma omp for schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = block * kBlock;
      const int count = static_cast<int>(std::min<int64_t>(kBlock, plan.outputs - first));
      std::fill(running.begin(), running.end(), nothing_reduced<Running<T>>(plan.kind));
      for (int64_t at = 0; at < plan.length; ++at) {
        load_inputs(interpreter, context, plan.kept, first, plan.reduced, at, count);
        interpreter.run(count);
        const T* values = interpreter.result(0);
        for (int i = 0; i < count; ++i) {
          running[static_cast<size_t>(i)] =
              combine<Running<T>>(plan.kind, running[static_cast<size_t>(i)], {values[i], static_cast<int32_t>(at)});
        }
      }
      for (int i = 0; i < count; ++i) store<T>(plan, running[static_cast<size_t>(i)], context.outputs[0], first + i);
    }
  }
}

// The reference: one element at a time, every type.
template <class T>
void run_reference(KernelContext& context) {
  const auto& attributes = context.attributes.get<ReduceAttributes>();
  std::vector<TensorType> inputs;
  for (const TensorView& input : context.inputs) inputs.push_back({input.dtype, input.extents});
  const std::vector<TensorType> outputs = {{context.outputs[0].dtype, context.outputs[0].extents}};
  const ReducePlan plan = plan_reduce({context.attributes, inputs, outputs});
  const Program& program = attributes.program;
  std::vector<T> registers(static_cast<size_t>(program.registers()));
  for (size_t i = 0; i < program.constants.size(); ++i) {
    registers[static_cast<size_t>(program.inputs) + i] = static_cast<T>(program.constants[i]);
  }
  for (int64_t output = 0; output < plan.outputs; ++output) {
    auto running = nothing_reduced<Running<T>>(plan.kind);
    for (int64_t at = 0; at < plan.length; ++at) {
      for (size_t i = 0; i < context.inputs.size(); ++i) {
        const int which = static_cast<int>(i);
        const int64_t offset = plan.kept.offset(output, which) + plan.reduced.offset(at, which);
        with_type(context.inputs[i].dtype, [&](auto type) {
          registers[i] = convert<T>(static_cast<const decltype(type)*>(context.inputs[i].data)[offset]);
        });
      }
      for (size_t i = 0; i < program.instructions.size(); ++i) {
        const Instruction& instruction = program.instructions[i];
        const auto& from = instruction.operands;
        registers[program.first_instruction() + i] =
            evaluate<T>(instruction.function, registers[from[0]], registers[from[1]], registers[from[2]]);
      }
      running = combine<Running<T>>(plan.kind, running, {registers[program.results[0]], static_cast<int32_t>(at)});
    }
    store<T>(plan, running, context.outputs[0], output);
  }
}

Prepared prepare(const KernelQuery& query) { return {.state = std::make_shared<ReducePlan>(plan_reduce(query))}; }

Prepared prepare_rows(const KernelQuery& query) {
  Prepared prepared = prepare(query);
  const auto& plan = *static_cast<const ReducePlan*>(prepared.state.get());
  const int64_t pieces = pieces_of(plan);
  if (pieces > 1) prepared.workspace_bytes = static_cast<size_t>(plan.outputs * pieces) * sizeof(Partial<double>);
  return prepared;
}

Verdict accepts_columns(const KernelQuery& query) {
  const Verdict verdict = accepts_reduce(query);
  if (!verdict.accepted()) return verdict;
  return plan_reduce(query).inner_is_kept ? Verdict::yes() : Verdict::no("the innermost axis is reduced");
}

void launch_rows(KernelContext& context) {
  const bool whole = context.attributes.get<ReduceAttributes>().compute == DType::i32;
  const auto& plan = context.state_as<ReducePlan>();
  whole ? run_rows<int32_t>(plan, context) : run_rows<float>(plan, context);
}

void launch_columns(KernelContext& context) {
  const bool whole = context.attributes.get<ReduceAttributes>().compute == DType::i32;
  const auto& plan = context.state_as<ReducePlan>();
  whole ? run_columns<int32_t>(plan, context) : run_columns<float>(plan, context);
}

Verdict accepts_reference(const KernelQuery& query) {
  const char* reason = too_large(query.attributes.get<ReduceAttributes>().program);
  return *reason ? Verdict::no(reason) : Verdict::yes();
}

void launch_reference(KernelContext& context) {
  switch (context.attributes.get<ReduceAttributes>().compute) {
    case DType::i32: return run_reference<int32_t>(context);
    case DType::f64: return run_reference<double>(context);
    default: return run_reference<float>(context);
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> reduce_impls() {
  static const KernelImpl impls[] = {
      {"reduce", DeviceKind::cpu, "columns", accepts_columns, prepare, launch_columns},
      {"reduce", DeviceKind::cpu, "rows", accepts_reduce, prepare_rows, launch_rows},
      {"reduce", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

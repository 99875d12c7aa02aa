// SPDX-License-Identifier: Apache-2.0
// pointwise on the host: the blocked interpreter, and the reference, which takes one element at a time and every type.
#include <omp.h>

#include "core/graph/pointwise.h"
#include "core/op/kernel_impl.h"
#include "kernels/program/block_interpreter.h"
#include "kernels/program/scalar.h"

namespace lamina {
namespace {

constexpr int64_t kElementsWorthAThread = 1 << 14;

struct State {
  CompactProgram program;
  BroadcastIndex index;
  int64_t count;
};

Prepared prepare_blocked(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<PointwiseAttributes>();
  std::vector<Extents> operands;
  for (const TensorType& input : query.inputs) operands.push_back(input.shape.extents());
  auto state = std::make_shared<State>(
      State{compact(attributes.program), broadcast_index(query.out_extents(0), operands), query.out_extents(0).count()});
  return {.state = state};
}

Verdict accepts_blocked(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<PointwiseAttributes>();
  if (const char* reason = too_large(attributes.program); *reason) return Verdict::no(reason);
  if (attributes.compute == DType::f64) return Verdict::no("f64 is the reference's");
  return Verdict::yes();
}

template <class T>
void run_blocked(KernelContext& context) {
  const State& state = context.state_as<State>();
  constexpr int kBlock = BlockInterpreter<T>::kBlock;
  const int64_t blocks = (state.count + kBlock - 1) / kBlock;
#pragma omp parallel if (state.count > kElementsWorthAThread)
  {
    BlockInterpreter<T> interpreter(state.program);
#pragma omp for schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = block * kBlock;
      const int count = static_cast<int>(std::min<int64_t>(kBlock, state.count - first));
      for (size_t i = 0; i < context.inputs.size(); ++i) {
        interpreter.load(static_cast<int>(i), context.inputs[i], state.index, static_cast<int>(i), first, 0, count);
      }
      interpreter.run(count);
      for (size_t i = 0; i < context.outputs.size(); ++i) {
        store_block(interpreter.result(static_cast<int>(i)), context.outputs[i], first, count);
      }
    }
  }
}

void launch_blocked(KernelContext& context) {
  if (context.attributes.get<PointwiseAttributes>().compute == DType::i32) {
    run_blocked<int32_t>(context);
  } else {
    run_blocked<float>(context);
  }
}

// One element at a time, straight from the program: what the interpreters are held to.
template <class T>
void run_reference(KernelContext& context) {
  const Program& program = context.attributes.get<PointwiseAttributes>().program;
  std::vector<Extents> operands;
  for (const TensorView& input : context.inputs) operands.push_back(input.extents);
  const BroadcastIndex index = broadcast_index(context.outputs[0].extents, operands);
  std::vector<T> registers(static_cast<size_t>(program.registers()));
  for (int64_t element = 0; element < context.outputs[0].count(); ++element) {
    for (size_t i = 0; i < context.inputs.size(); ++i) {
      with_type(context.inputs[i].dtype, [&](auto type) {
        const auto* data = static_cast<const decltype(type)*>(context.inputs[i].data);
        registers[i] = convert<T>(data[index.offset(element, static_cast<int>(i))]);
      });
    }
    for (size_t i = 0; i < program.constants.size(); ++i) {
      registers[static_cast<size_t>(program.inputs) + i] = static_cast<T>(program.constants[i]);
    }
    for (size_t i = 0; i < program.instructions.size(); ++i) {
      const Instruction& instruction = program.instructions[i];
      const auto& at = instruction.operands;
      registers[program.first_instruction() + i] =
          evaluate<T>(instruction.function, registers[at[0]], registers[at[1]], registers[at[2]]);
    }
    for (size_t i = 0; i < context.outputs.size(); ++i) {
      store_block(&registers[program.results[i]], context.outputs[i], element, 1);
    }
  }
}

Verdict accepts_all(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  switch (context.attributes.get<PointwiseAttributes>().compute) {
    case DType::i32: return run_reference<int32_t>(context);
    case DType::f64: return run_reference<double>(context);
    default: return run_reference<float>(context);
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> pointwise_impls() {
  static const KernelImpl impls[] = {
      {"pointwise", DeviceKind::cpu, "blocked", accepts_blocked, prepare_blocked, launch_blocked},
      {"pointwise", DeviceKind::cpu, "reference", accepts_all, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

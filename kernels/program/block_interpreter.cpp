// SPDX-License-Identifier: Apache-2.0
#include "kernels/program/block_interpreter.h"

#include <algorithm>

#include "kernels/program/scalar.h"
#include "kernels/program/vector_widths.h"

namespace lamina {
namespace {

// One instruction over a block; y may be one of the operands.
template <ScalarFunction kFunction, class T>
LAMINA_INLINED inline void run_function(T* y, const T* a, const T* b, const T* c, int count) {
#pragma GCC ivdep
  for (int i = 0; i < count; ++i) y[i] = evaluate<kFunction, T>(a[i], b[i], c[i]);
}

template <class T>
LAMINA_INLINED inline void run_instruction(ScalarFunction function, T* y, const T* a, const T* b, const T* c, int count) {
  switch (function) {
#define SCALAR_FUNCTION(name, arity, domain, value, ga, gb, gc) \
  case ScalarFunction::name: return run_function<ScalarFunction::name, T>(y, a, b, c, count);
#include "core/graph/scalar_functions.def"
#undef SCALAR_FUNCTION
  }
}

LAMINA_VECTOR_WIDTHS
void run_on(ScalarFunction function, float* y, const float* a, const float* b, const float* c, int count) {
  run_instruction(function, y, a, b, c, count);
}
void run_on(ScalarFunction function, int32_t* y, const int32_t* a, const int32_t* b, const int32_t* c, int count) {
  run_instruction(function, y, a, b, c, count);
}

constexpr int kLineBytes = 64;

// The same element at every place.
bool is_one_element(const BroadcastIndex& index, int operand) {
  return std::all_of(index.axes, index.axes + index.rank, [&](const BroadcastAxis& axis) { return axis.strides[operand] == 0; });
}

// `count` elements at a constant stride.
template <class To, class From>
void load_run(To* to, const From* from, int64_t stride, int count) {
  if (stride == 0) {
    std::fill(to, to + count, convert<To>(*from));
  } else {
    for (int i = 0; i < count; ++i) to[i] = convert<To>(from[i * stride]);
  }
}

}  // namespace

template <class T>
BlockInterpreter<T>::BlockInterpreter(const CompactProgram& program)
    : program_(program), registers_(static_cast<size_t>(std::max(program.registers, 1)) * kBlock) {
  for (int reg = 0; reg < program.registers; ++reg) contents_[reg] = target(reg);
  for (int i = 0; i < program.constant_count; ++i) constants_.insert(constants_.end(), kBlock, static_cast<T>(program.constants[i]));
}

template <class T>
void BlockInterpreter<T>::load(int which, const TensorView& view, const BroadcastIndex& index, int operand, int64_t first,
                               int64_t base, int count) {
  const int reg = program_.input_register[which];
  T* const to = target(reg);
  contents_[reg] = to;
  with_type(view.dtype, [&](auto type) {
    using From = decltype(type);
    const From* const from = static_cast<const From*>(view.data) + base;
    if (is_one_element(index, operand)) {
      Repeated& repeated = repeated_[which];
      if (repeated.element != from) repeated.values.assign(kBlock, convert<T>(*from));
      repeated.element = from;
      contents_[reg] = repeated.values.data();
      return;
    }
    const BroadcastAxis& inner = index.axes[index.rank - 1];
    if constexpr (std::is_same_v<From, T>) {
      // Neighbours in memory are read where they are, but for what is a result: storing another result may write over it.
      if (inner.strides[operand] == 1 && first % inner.length + count <= inner.length && !is_result(reg)) {
        const T* const here = from + index.offset(first, operand);
        contents_[reg] = here;
        // The next block, while this one is computed: several streams at once are more than the processor foresees by itself.
        for (int at = 0; at < count; at += kLineBytes / static_cast<int>(sizeof(T))) __builtin_prefetch(here + count + at);
        return;
      }
    }
    for (int done = 0; done < count;) {  // runs along the innermost axis
      const int64_t at = first + done;
      const int run = static_cast<int>(std::min<int64_t>(count - done, inner.length - at % inner.length));
      load_run(to + done, from + index.offset(at, operand), inner.strides[operand], run);
      done += run;
    }
  });
}

template <class T>
void BlockInterpreter<T>::run(int count) {
  for (int i = 0; i < program_.instructions; ++i) {
    const CompactProgram::Op& op = program_.op[i];
    run_on(op.function, target(op.target), operand(op.operands[0]), operand(op.operands[1]), operand(op.operands[2]), count);
    contents_[op.target] = target(op.target);
  }
}

template <class T>
bool BlockInterpreter<T>::is_result(int reg) const {
  return std::find(program_.result, program_.result + program_.outputs, reg) != program_.result + program_.outputs;
}

template <class T>
void store_block(const T* values, const TensorView& view, int64_t first, int count) {
  with_type(view.dtype, [&](auto type) {
    using To = decltype(type);
    To* const to = static_cast<To*>(view.data) + first;
    for (int i = 0; i < count; ++i) to[i] = convert<To>(values[i]);
  });
}

template class BlockInterpreter<float>;
template class BlockInterpreter<int32_t>;
template void store_block(const float*, const TensorView&, int64_t, int);
template void store_block(const double*, const TensorView&, int64_t, int);
template void store_block(const int32_t*, const TensorView&, int64_t, int);

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Runs a program on the host for a block of elements at a time: one pass over the block per instruction, so that the
// choice of the function costs once per block and the loops vectorise. One interpreter per thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/tensor_view.h"
#include "kernels/program/broadcast.h"
#include "kernels/program/compact_program.h"

namespace lamina {

template <class T>  // float or int32_t: the type of the registers
class BlockInterpreter {
 public:
  static constexpr int kBlock = 512;  // 2 KiB a register: some ten stay in the first cache

  explicit BlockInterpreter(const CompactProgram& program);

  // Fills input `which` with `count` elements of `view`, from row-major position `first` of the domain of `index`, on
  // top of `base` elements; `operand` is its number in `index`.
  void load(int which, const TensorView& view, const BroadcastIndex& index, int operand, int64_t first, int64_t base, int count);
  void run(int count);
  const T* result(int which) const { return operand(program_.result[which]); }

 private:
  T* target(int reg) { return registers_.data() + static_cast<size_t>(reg) * kBlock; }
  const T* operand(int reg) const {
    return reg < CompactProgram::kFirstConstant ? contents_[reg]
                                                : constants_.data() + static_cast<size_t>(reg - CompactProgram::kFirstConstant) * kBlock;
  }
  bool is_result(int reg) const;

  CompactProgram program_;
  std::vector<T> registers_;
  const T* contents_[CompactProgram::kMaxRegisters] = {};  // of each register: its own memory, or an input that lies there as it is
  std::vector<T> constants_;  // each repeated over a block
  struct Repeated {
    const void* element = nullptr;
    std::vector<T> values;
  };
  Repeated repeated_[CompactProgram::kMaxInputs];  // an input of one element: repeated once, until another element is asked for
};

// Writes `count` registers to `view` at element `first`, converted to its type.
template <class T>
void store_block(const T* values, const TensorView& view, int64_t first, int count);

extern template class BlockInterpreter<float>;
extern template class BlockInterpreter<int32_t>;

}  // namespace lamina

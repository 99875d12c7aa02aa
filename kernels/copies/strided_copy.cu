// SPDX-License-Identifier: Apache-2.0
// The strided copy that transpose, slice, concat and tile launch.
// Mapping   thread t moves word t, in the order of the written side.
// Layouts   any two strided views of the same lengths; rows that are contiguous on both sides come as words of up to 16
//           bytes (widened copies).
// Shared    none.     Barriers  none.
// Needs     nothing: copies of 2^31 words and more run in pieces.
// Bound     memory: bytes read + bytes written, in whole sectors where the words of a side lie together.
#include "core/simt/simt.h"
#include "kernels/copies/steps.cuh"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLimit = Divisor::kLimit - kThreads;  // words in one launch, its last block included

template <class Word>
struct CopyArgs {
  const Word* from;
  Word* to;
  uint32_t count;
  Steps steps;
};

template <class Word>
__global__ void strided_copy_kernel(const __grid_constant__ CopyArgs<Word> args) {
  const uint32_t position = blockIdx.x * kThreads + threadIdx.x;
  if (position >= args.count) return;
  const Offsets at = offsets_of(args.steps, position);
  args.to[at.to] = args.from[at.from];
}

template <class Word>
void run_words(void* stream, const StridedCopy& copy, const void* from, void* to) {
  CopyArgs<Word> args{};
  args.from = static_cast<const Word*>(from) + copy.from_offset;
  args.to = static_cast<Word*>(to) + copy.to_offset;
  args.count = static_cast<uint32_t>(copy.count());
  for (int axis = 0; axis < copy.rank; ++axis) args.steps.add(copy.axes[axis]);
  launch<strided_copy_kernel<Word>>(stream, dim3((args.count + kThreads - 1) / kThreads), dim3(kThreads), 0, args);
}

}  // namespace

void run_copy(void* stream, const StridedCopy& copy, const void* from, void* to) {
  if (copy.count() == 0) return;
  in_pieces(copy, kLimit, [&](const StridedCopy& piece) {
    switch (piece.element_bytes) {
      case 1:
        return run_words<uint8_t>(stream, piece, from, to);
      case 2:
        return run_words<uint16_t>(stream, piece, from, to);
      case 4:
        return run_words<uint32_t>(stream, piece, from, to);
      case 8:
        return run_words<uint2>(stream, piece, from, to);
      default:
        return run_words<uint4>(stream, piece, from, to);
    }
  });
}

void launch_copy(KernelContext& context) {
  run_copy(context.stream, context.state_as<StridedCopy>(), context.inputs[0].data, context.outputs[0].data);
}

}  // namespace lamina::SIMT_BACKEND

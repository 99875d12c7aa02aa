// SPDX-License-Identifier: Apache-2.0
// The inset that pad and unslice launch: x set into a field of one value.
// Mapping   thread t owns word t of y: it finds its place along each axis, and there either the word of x or the value.
// Layouts   row-major; axes that x fills wholly are merged with the axis before. Where rows allow, a word is up to 16
//           bytes (NHWC images padded in H and W: where C * element bytes is a multiple of it).
// Shared    none.     Barriers  none.
// Needs     one place of the outermost axis below 2^31 words; larger tensors run in pieces along that axis.
// Bound     memory: bytes of x + bytes of y, each once.
#include "kernels/copies/inset.cuh"

#include <algorithm>
#include <cstring>

#include "core/simt/simt.h"
#include "kernels/copies/divisor.h"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kLimit = Divisor::kLimit - kThreads;  // words of y in one launch, its last block included

template <class Word>
struct InsetArgs {
  const Word* x;
  Word* y;
  Word value;
  uint32_t count;
  int rank;
  Divisor length[kMaxRank];
  Inset::Axis axes[kMaxRank];
};

template <class Word>
__global__ void inset_kernel(const __grid_constant__ InsetArgs<Word> args) {
  const uint32_t position = blockIdx.x * kThreads + threadIdx.x;
  if (position >= args.count) return;
  uint32_t rest = position;
  int64_t from = 0;
  bool inside = true;
  for (int at = args.rank - 1; at >= 0; --at) {
    const Inset::Axis& axis = args.axes[at];
    const uint32_t quotient = args.length[at].quotient(rest);
    const int64_t past = rest - quotient * args.length[at].value() - axis.first;
    rest = quotient;
    const int64_t steps = axis.step == 1 ? past : past / axis.step;
    inside = inside && past >= 0 && steps < axis.count && steps * axis.step == past;
    from += steps * axis.from;
  }
  args.y[position] = inside ? args.x[from] : args.value;
}

template <class Word>
void run_inset(void* stream, const Inset& inset, const void* x, void* y) {
  const int64_t count = inset.count();
  if (count == 0) return;
  InsetArgs<Word> args{};
  args.x = static_cast<const Word*>(x) + inset.from_offset;
  std::memcpy(&args.value, inset.value, sizeof(args.value));
  args.rank = inset.rank;
  for (int axis = 0; axis < inset.rank; ++axis) {
    args.axes[axis] = inset.axes[axis];
    args.length[axis] = Divisor(std::min(inset.axes[axis].length, kLimit));
  }
  const int64_t outer = inset.rank ? inset.axes[0].length : 1;
  const int64_t words = count / outer;  // of one place of the outermost axis
  const int64_t places = std::max<int64_t>(kLimit / words, 1);
  for (int64_t first = 0; first < outer; first += places) {
    const int64_t here = std::min(places, outer - first);
    args.y = static_cast<Word*>(y) + first * words;
    args.count = static_cast<uint32_t>(here * words);
    if (inset.rank) {
      args.axes[0].first = inset.axes[0].first - first;
      args.length[0] = Divisor(here);
    }
    launch<inset_kernel<Word>>(stream, dim3((args.count + kThreads - 1) / kThreads), dim3(kThreads), 0, args);
  }
}

}  // namespace

Verdict accepts_inset(const KernelQuery& query, const Inset& inset) {
  if (const Verdict moving = accepts_moving(query); !moving.accepted()) return moving;
  const int64_t outer = inset.rank ? std::max<int64_t>(inset.axes[0].length, 1) : 1;
  if (inset.count() / outer > kLimit) return Verdict::no("2^31 words or more at one place of the outermost axis");
  return Verdict::yes();
}

void launch_inset(KernelContext& context) {
  const auto& inset = context.state_as<Inset>();
  const void* const x = context.inputs[0].data;
  void* const y = context.outputs[0].data;
  switch (inset.element_bytes) {
    case 1:
      return run_inset<uint8_t>(context.stream, inset, x, y);
    case 2:
      return run_inset<uint16_t>(context.stream, inset, x, y);
    case 4:
      return run_inset<uint32_t>(context.stream, inset, x, y);
    case 8:
      return run_inset<uint2>(context.stream, inset, x, y);
    default:
      return run_inset<uint4>(context.stream, inset, x, y);
  }
}

}  // namespace lamina::SIMT_BACKEND

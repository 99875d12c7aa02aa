// SPDX-License-Identifier: Apache-2.0
// gather: rows of a table by index; and its adjoint, which adds rows without atomics, in the order of the indices.
// rows      thread t owns word t of y (words of up to 16 bytes where the rows allow) and reads the index of its row.
// owners    block b owns the table rows v with v mod owners == b mod owners, in 256 columns, one per thread. It runs
//           through all indices, 256 at a time; a ballot tells which are its own, and each thread adds its column of
//           those rows one by one. Consecutive indices of one row are summed in a register.
// Shared    owners: 256 indices and 8 ballots (1056 bytes).     Barriers  owners: two per 256 indices.
// Workspace owners: one f32 per element of the table where it is not f32 itself.
// Needs     indices in range: SIMT_ASSERT ends the launch with a fault otherwise.
// Bound     rows: memory. owners: each element of dy is read once and each of the table written once, but each index is
//           read by min(rows, 256) blocks per 256 columns, from L2; one row named n times costs n dependent steps.
#include <algorithm>

#include "core/simt/simt.h"
#include "kernels/gather/gather_geometry.h"
#include "kernels/copies/divisor.h"
#include "kernels/copies/strided_copy.cuh"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int64_t kMaxOwners = 256;
constexpr int64_t kLimit = Divisor::kLimit - kThreads;  // words of y in one launch, its last block included

template <class Word>
struct RowsArgs {
  const Word* table;
  const int32_t* indices;
  Word* y;
  uint32_t count;
  int32_t rows;
  Divisor width;  // words of a row
};

template <class Word>
__global__ void gather_rows_kernel(const __grid_constant__ RowsArgs<Word> args) {
  const uint32_t position = blockIdx.x * kThreads + threadIdx.x;
  if (position >= args.count) return;
  const uint32_t at = args.width.quotient(position);
  const int32_t row = args.indices[at];
  SIMT_ASSERT(row >= 0 && row < args.rows);
  args.y[position] = args.table[static_cast<int64_t>(row) * args.width.value() + (position - at * args.width.value())];
}

template <class T>
struct OwnersArgs {
  const T* dy;
  const int32_t* indices;
  T* table;
  float* sums;  // of the table, or the table itself where that is f32
  GatherGeometry geometry;
  uint32_t owners;
};

template <class T>
__global__ void gather_grad_owners_kernel(const __grid_constant__ OwnersArgs<T> args) {
  __shared__ int32_t index[kThreads];
  __shared__ unsigned own[kWarps];  // which of them this block owns
  const auto& [rows, width, indices] = args.geometry;
  const uint32_t owner = blockIdx.x % args.owners;
  const int64_t column = static_cast<int64_t>(blockIdx.x / args.owners) * kThreads + threadIdx.x;
  const bool has_column = column < width;
  if (has_column) {
    for (int64_t row = owner; row < rows; row += args.owners) args.sums[row * width + column] = 0.0f;
  }

  int32_t row = -1;  // whose sum is in the register
  float sum = 0.0f;
  for (int64_t first = 0; first < indices; first += kThreads) {
    const int64_t at = first + threadIdx.x;
    const int32_t mine = at < indices ? args.indices[at] : 0;
    SIMT_ASSERT(mine >= 0 && mine < rows);
    const unsigned ballot =
        __ballot_sync(0xffffffffu, at < indices && static_cast<uint32_t>(mine) % args.owners == owner);
    index[threadIdx.x] = mine;
    if (threadIdx.x % 32 == 0) own[threadIdx.x / 32] = ballot;
    __syncthreads();
    for (int warp = 0; has_column && warp < kWarps; ++warp) {
      for (unsigned rest = own[warp]; rest; rest &= rest - 1) {
        const int next = warp * 32 + __ffs(static_cast<int>(rest)) - 1;
        if (index[next] != row) {
          if (row >= 0) args.sums[row * width + column] = sum;
          row = index[next];
          sum = args.sums[row * width + column];
        }
        sum += convert<float>(args.dy[(first + next) * width + column]);
      }
    }
    __syncthreads();
  }
  if (row >= 0) args.sums[row * width + column] = sum;

  if constexpr (!std::is_same_v<T, float>) {
    if (!has_column) return;
    for (int64_t own_row = owner; own_row < rows; own_row += args.owners) {
      args.table[own_row * width + column] = convert<T>(args.sums[own_row * width + column]);
    }
  }
}

struct RowsState {
  GatherGeometry geometry;
  int64_t width = 0;  // words of a row
  int word_bytes = 4;
};

RowsState rows_state(const KernelQuery& query) {
  RowsState state;
  state.geometry = gather_geometry(query.in_extents(0), query.in_extents(1));
  state.word_bytes = static_cast<int>(size_of(query.in(0)));
  state.width = state.geometry.width;
  while (state.word_bytes < kWidestWord && state.width % 2 == 0) state.word_bytes *= 2, state.width /= 2;
  return state;
}

Verdict accepts_rows(const KernelQuery& query) {
  if (const Verdict moving = accepts_moving(query); !moving.accepted()) return moving;
  return rows_state(query).width <= kLimit ? Verdict::yes() : Verdict::no("rows of 2^31 words or more");
}

Prepared prepare_rows(const KernelQuery& query) { return {.state = std::make_shared<RowsState>(rows_state(query))}; }

template <class Word>
void run_rows(KernelContext& context) {
  const auto& state = context.state_as<RowsState>();
  if (state.width == 0) return;
  const int64_t places = kLimit / state.width;  // indices in one launch
  for (int64_t first = 0; first < state.geometry.indices; first += places) {
    RowsArgs<Word> args{};
    args.table = static_cast<const Word*>(context.inputs[0].data);
    args.indices = context.inputs[1].as<int32_t>() + first;
    args.y = static_cast<Word*>(context.outputs[0].data) + first * state.width;
    args.count = static_cast<uint32_t>(std::min(places, state.geometry.indices - first) * state.width);
    args.rows = static_cast<int32_t>(std::min<int64_t>(state.geometry.rows, INT32_MAX));
    args.width = Divisor(state.width);
    launch<gather_rows_kernel<Word>>(context.stream, dim3((args.count + kThreads - 1) / kThreads), dim3(kThreads), 0,
                                     args);
  }
}

void launch_rows(KernelContext& context) {
  switch (context.state_as<RowsState>().word_bytes) {
    case 1:
      return run_rows<uint8_t>(context);
    case 2:
      return run_rows<uint16_t>(context);
    case 4:
      return run_rows<uint32_t>(context);
    case 8:
      return run_rows<uint2>(context);
    default:
      return run_rows<uint4>(context);
  }
}

int64_t column_blocks(const GatherGeometry& geometry) { return (geometry.width + kThreads - 1) / kThreads; }

Verdict accepts_owners(const KernelQuery& query) {
  if (const Verdict moving = accepts_moving(query); !moving.accepted()) return moving;
  const GatherGeometry geometry = gather_geometry(query.out_extents(0), query.in_extents(1));
  return column_blocks(geometry) * kMaxOwners <= kLimit ? Verdict::yes() : Verdict::no("rows of 2^31 elements or more");
}

Prepared prepare_owners(const KernelQuery& query) {
  const bool in_place = query.outputs[0].dtype == DType::f32;
  return {.workspace_bytes = in_place ? 0 : static_cast<size_t>(query.out_extents(0).count()) * sizeof(float)};
}

template <class T>
void run_owners(KernelContext& context) {
  OwnersArgs<T> args{};
  args.dy = context.inputs[0].as<T>();
  args.indices = context.inputs[1].as<int32_t>();
  args.table = context.outputs[0].as<T>();
  args.sums = static_cast<float*>(std::is_same_v<T, float> ? context.outputs[0].data : context.workspace);
  args.geometry = gather_geometry(context.outputs[0].extents, context.inputs[1].extents);
  const int64_t owners = std::clamp<int64_t>(args.geometry.rows, 1, kMaxOwners);  // one where any index is a fault
  args.owners = static_cast<uint32_t>(owners);
  const auto blocks = static_cast<unsigned>(owners * column_blocks(args.geometry));
  launch<gather_grad_owners_kernel<T>>(context.stream, dim3(blocks), dim3(kThreads), 0, args);
}

void launch_owners(KernelContext& context) {
  switch (context.outputs[0].dtype) {
    case DType::bf16:
      return run_owners<bf16>(context);
    case DType::f16:
      return run_owners<f16>(context);
    default:
      return run_owners<float>(context);
  }
}

}  // namespace

std::span<const KernelImpl> gather_impls() {
  static const KernelImpl impls[] = {
      {"gather", kDevice, "rows", accepts_rows, prepare_rows, launch_rows},
      {"gather_grad", kDevice, "owners", accepts_owners, prepare_owners, launch_owners},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// transpose: y's axes in another order.
// tiled     where another axis is contiguous in x than in y, both of 8 or more: block b owns a 32 x 32 tile of the two
//           axes at one place of the others; each of 32 x 8 threads moves 4 elements. Lanes run along x as they read
//           and along y as they write, so that both sides move whole sectors.
// gather    everything else: the strided copy of kernels/copies.
// Shared    tiled: 32 x 33 elements (4224 bytes in f32); the 33rd column keeps transposed reads off one bank.
// Barriers  tiled: one, between filling the tile and emptying it.      Layouts  row-major on both sides.
// Needs     nothing: edges are guarded, and copies of 2^31 elements and more run in pieces.     Bound  memory.
#include <algorithm>

#include "core/simt/simt.h"
#include "kernels/copies/steps.cuh"
#include "kernels/copies/strided_copy.cuh"
#include "kernels/transpose/transpose_copy.h"

namespace lamina::SIMT_BACKEND {
namespace {

constexpr int kThreads = 256;
constexpr int kTile = 32;
constexpr int kRows = kThreads / kTile;                 // of a tile that are moved at a time
constexpr int64_t kWorthATile = 8;                      // shorter axes leave most lanes of a tile idle
constexpr int64_t kLimit = Divisor::kLimit - kThreads;  // of what a launch counts, its last block included

template <class Word>
struct TileArgs {
  const Word* from;
  Word* to;
  Steps outer;                // all axes but the two of the tile
  StridedCopy::Axis read;     // contiguous in x
  StridedCopy::Axis written;  // contiguous in y
  Divisor read_tiles, written_tiles;
};

template <class Word>
__global__ void transpose_tiled_kernel(const __grid_constant__ TileArgs<Word> args) {
  __shared__ Word tile[kTile][kTile + 1];  // [along written][along read]
  const uint32_t strip = args.written_tiles.quotient(blockIdx.x);
  const uint32_t place = args.read_tiles.quotient(strip);
  const int64_t first_written = static_cast<int64_t>(blockIdx.x - strip * args.written_tiles.value()) * kTile;
  const int64_t first_read = static_cast<int64_t>(strip - place * args.read_tiles.value()) * kTile;
  const Offsets base = offsets_of(args.outer, place);

  for (int row = threadIdx.y; row < kTile; row += kRows) {
    const int64_t written = first_written + row, read = first_read + threadIdx.x;
    if (written < args.written.length && read < args.read.length) {
      tile[row][threadIdx.x] = args.from[base.from + read + written * args.written.from];
    }
  }
  __syncthreads();
  for (int row = threadIdx.y; row < kTile; row += kRows) {
    const int64_t read = first_read + row, written = first_written + threadIdx.x;
    if (written < args.written.length && read < args.read.length) {
      args.to[base.to + written + read * args.read.to] = tile[threadIdx.x][row];
    }
  }
}

int64_t tiles_of(const StridedCopy::Axis& axis) { return (axis.length + kTile - 1) / kTile; }

// The axis that is contiguous in x, or -1 where that is the one contiguous in y.
int read_axis(const StridedCopy& copy) {
  for (int axis = 0; axis + 1 < copy.rank; ++axis) {
    if (copy.axes[axis].from == 1) return axis;
  }
  return -1;
}

int64_t tile_count(const StridedCopy& copy, int across) {
  const StridedCopy::Axis &read = copy.axes[across], &written = copy.axes[copy.rank - 1];
  return copy.count() / (read.length * written.length) * tiles_of(read) * tiles_of(written);
}

template <class Word>
void run_tiles(KernelContext& context) {
  const auto& copy = context.state_as<StridedCopy>();
  const int across = read_axis(copy);
  TileArgs<Word> args{};
  args.from = static_cast<const Word*>(context.inputs[0].data);
  args.to = static_cast<Word*>(context.outputs[0].data);
  args.read = copy.axes[across];
  args.written = copy.axes[copy.rank - 1];
  args.read_tiles = Divisor(tiles_of(args.read));
  args.written_tiles = Divisor(tiles_of(args.written));
  for (int axis = 0; axis + 1 < copy.rank; ++axis) {
    if (axis != across) args.outer.add(copy.axes[axis]);
  }
  const auto tiles = static_cast<unsigned>(tile_count(copy, across));
  launch<transpose_tiled_kernel<Word>>(context.stream, dim3(tiles), dim3(kTile, kRows), 0, args);
}

Verdict accepts_tiled(const KernelQuery& query) {
  if (const Verdict moving = accepts_moving(query); !moving.accepted()) return moving;
  if (query.out_extents(0).count() == 0) return Verdict::no("an empty tensor");
  const StridedCopy copy = transpose_copy(query);
  const int across = read_axis(copy);
  if (across < 0) return Verdict::no("the innermost axis keeps its place");
  const int64_t shorter = std::min(copy.axes[across].length, copy.axes[copy.rank - 1].length);
  if (shorter < kWorthATile) return Verdict::no(text("an axis of ", shorter, " leaves most of a tile idle"));
  return tile_count(copy, across) < kLimit ? Verdict::yes() : Verdict::no("more tiles than a launch counts");
}

Prepared prepare_tiled(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(transpose_copy(query))};
}

void launch_tiled(KernelContext& context) {
  switch (size_of(context.inputs[0].dtype)) {
    case 1:
      return run_tiles<uint8_t>(context);
    case 2:
      return run_tiles<uint16_t>(context);
    default:
      return run_tiles<uint32_t>(context);
  }
}

Prepared prepare_gather(const KernelQuery& query) {
  return {.state = std::make_shared<StridedCopy>(widened(transpose_copy(query), kWidestWord))};
}

}  // namespace

std::span<const KernelImpl> transpose_impls() {
  static const KernelImpl impls[] = {
      {"transpose", kDevice, "tiled", accepts_tiled, prepare_tiled, launch_tiled},
      {"transpose", kDevice, "gather", accepts_moving, prepare_gather, launch_copy},
  };
  return impls;
}

}  // namespace lamina::SIMT_BACKEND

// SPDX-License-Identifier: Apache-2.0
// Strided copies on the host: rows by memcpy where both sides are contiguous, square tiles where the two sides have
// different innermost axes, else one element at a time.
#include <omp.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "core/base/check.h"
#include "kernels/copies/strided_copy.h"

namespace lamina::cpu {
namespace {

using Axis = StridedCopy::Axis;

constexpr int64_t kBytesWorthAThread = 1 << 16;
constexpr int64_t kRowPieceBytes = 1 << 15;  // a long row is shared by threads in pieces of this size
constexpr int64_t kTile = 64;                // elements a side
constexpr int64_t kThin = 16;                // shorter sides gain nothing from a buffer

// Offsets of both sides over some axes in row-major order, from any position on.
class Walk {
 public:
  Walk(std::span<const Axis> axes, int64_t position) : axes_(axes) {
    for (size_t axis = axes.size(); axis-- > 0;) {
      place_[axis] = position % axes[axis].length;
      position /= axes[axis].length;
      from_ += place_[axis] * axes[axis].from;
      to_ += place_[axis] * axes[axis].to;
    }
  }

  void next() {
    for (size_t axis = axes_.size(); axis-- > 0;) {
      from_ += axes_[axis].from;
      to_ += axes_[axis].to;
      if (++place_[axis] < axes_[axis].length) return;
      from_ -= axes_[axis].length * axes_[axis].from;
      to_ -= axes_[axis].length * axes_[axis].to;
      place_[axis] = 0;
    }
  }

  int64_t from() const { return from_; }
  int64_t to() const { return to_; }
  int64_t innermost() const { return axes_.empty() ? 0 : place_[axes_.size() - 1]; }

 private:
  std::span<const Axis> axes_;
  int64_t place_[StridedCopy::kMaxAxes + 1] = {};
  int64_t from_ = 0;
  int64_t to_ = 0;
};

// fn(walk) at each position of `axes`, shared evenly by the threads where `bytes` of work are worth it.
template <class Fn>
void for_each_position(std::span<const Axis> axes, int64_t bytes, const Fn& fn) {
  int64_t positions = 1;
  for (const Axis& axis : axes) positions *= axis.length;
#pragma omp parallel if (bytes > kBytesWorthAThread)
  {
    const int64_t threads = omp_get_num_threads(), mine = omp_get_thread_num();
    const int64_t begin = positions * mine / threads, end = positions * (mine + 1) / threads;
    if (begin < end) {
      Walk walk(axes, begin);
      for (int64_t position = begin; position < end; ++position, walk.next()) fn(walk);
    }
  }
}

void copy_rows(const StridedCopy& copy, const char* from, char* to) {
  const int64_t bytes = copy.element_bytes;
  const int64_t row = copy.axes[copy.rank - 1].length;
  const int64_t piece = std::max<int64_t>(kRowPieceBytes / bytes, 1);
  std::vector<Axis> axes(copy.axes, copy.axes + copy.rank - 1);
  axes.push_back({(row + piece - 1) / piece, piece, piece});
  for_each_position(axes, copy.count() * bytes, [&](const Walk& walk) {
    const int64_t length = std::min(piece, row - walk.innermost() * piece);
    std::memcpy(to + walk.to() * bytes, from + walk.from() * bytes, static_cast<size_t>(length * bytes));
  });
}

// The rectangle of `reads` by `writes` elements, contiguous along the first in `from` and along the second in `to`.
// Where both are long it goes through a buffer, so that memory is met in whole cache lines however far apart its rows
// lie; a thin one stays in the first cache while the longer side is run along.
template <class Word>
void copy_tile(const Word* from, int64_t from_stride, Word* to, int64_t to_stride, int64_t reads, int64_t writes) {
  if (std::min(reads, writes) >= kThin) {
    Word tile[kTile][kTile + 1];
    for (int64_t j = 0; j < writes; ++j) std::copy_n(from + j * from_stride, reads, tile[j]);
    for (int64_t i = 0; i < reads; ++i) {
      for (int64_t j = 0; j < writes; ++j) to[i * to_stride + j] = tile[j][i];
    }
  } else if (reads < writes) {
    for (int64_t i = 0; i < reads; ++i) {
      for (int64_t j = 0; j < writes; ++j) to[i * to_stride + j] = from[i + j * from_stride];
    }
  } else {
    for (int64_t j = 0; j < writes; ++j) {
      for (int64_t i = 0; i < reads; ++i) to[i * to_stride + j] = from[i + j * from_stride];
    }
  }
}

// `across` is contiguous where it is read, the innermost axis where it is written.
template <class Word>
void copy_tiles(const StridedCopy& copy, int across, const Word* from, Word* to) {
  const Axis read = copy.axes[across], written = copy.axes[copy.rank - 1];
  std::vector<Axis> axes;
  for (int axis = 0; axis + 1 < copy.rank; ++axis) {
    if (axis != across) axes.push_back(copy.axes[axis]);
  }
  axes.push_back({(read.length + kTile - 1) / kTile, kTile * read.from, kTile * read.to});
  for_each_position(axes, copy.count() * copy.element_bytes, [&](const Walk& walk) {
    const int64_t reads = std::min(kTile, read.length - walk.innermost() * kTile);
    for (int64_t first = 0; first < written.length; first += kTile) {
      const int64_t writes = std::min(kTile, written.length - first);
      copy_tile(from + walk.from() + first * written.from, written.from, to + walk.to() + first, read.to, reads,
                writes);
    }
  });
}

template <class Word>
void copy_elements(const StridedCopy& copy, const Word* from, Word* to) {
  const Axis inner = copy.axes[copy.rank - 1];
  for_each_position({copy.axes, static_cast<size_t>(copy.rank - 1)}, copy.count() * copy.element_bytes,
                    [&](const Walk& walk) {
                      const Word* const row_from = from + walk.from();
                      Word* const row_to = to + walk.to();
                      for (int64_t i = 0; i < inner.length; ++i) row_to[i * inner.to] = row_from[i * inner.from];
                    });
}

template <class Word>
void copy_words(const StridedCopy& copy, const void* from, void* to) {
  const auto* const words_from = static_cast<const Word*>(from) + copy.from_offset;
  auto* const words_to = static_cast<Word*>(to) + copy.to_offset;
  if (copy.rank == 0) {
    *words_to = *words_from;
    return;
  }
  const Axis inner = copy.axes[copy.rank - 1];
  if (inner.from == 1 && inner.to == 1) {
    return copy_rows(copy, reinterpret_cast<const char*>(words_from), reinterpret_cast<char*>(words_to));
  }
  for (int axis = 0; inner.to == 1 && axis + 1 < copy.rank; ++axis) {
    if (copy.axes[axis].from == 1) return copy_tiles(copy, axis, words_from, words_to);
  }
  copy_elements(copy, words_from, words_to);
}

}  // namespace

void run_copy(const StridedCopy& copy, const void* from, void* to) {
  if (copy.count() == 0) return;
  switch (copy.element_bytes) {
    case 1:
      return copy_words<uint8_t>(copy, from, to);
    case 2:
      return copy_words<uint16_t>(copy, from, to);
    case 4:
      return copy_words<uint32_t>(copy, from, to);
    case 8:
      return copy_words<uint64_t>(copy, from, to);
    default:
      LAMINA_ASSERT(false, copy.element_bytes, " bytes an element");
  }
}

void launch_copy(KernelContext& context) {
  run_copy(context.state_as<StridedCopy>(), context.inputs[0].data, context.outputs[0].data);
}

}  // namespace lamina::cpu

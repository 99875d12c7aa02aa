// SPDX-License-Identifier: Apache-2.0
#include "kernels/copies/strided_copy.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lamina {
namespace {

std::vector<int32_t> numbers(size_t count) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

// Element by element, straight from the definition.
std::vector<int32_t> copied(const StridedCopy& copy, const std::vector<int32_t>& from, size_t size) {
  std::vector<int32_t> to(size, 0);
  for (int64_t position = 0; position < copy.count(); ++position) {
    int64_t rest = position, source = copy.from_offset, target = copy.to_offset;
    for (int axis = copy.rank - 1; axis >= 0; --axis) {
      source += rest % copy.axes[axis].length * copy.axes[axis].from;
      target += rest % copy.axes[axis].length * copy.axes[axis].to;
      rest /= copy.axes[axis].length;
    }
    to[static_cast<size_t>(target)] = from[static_cast<size_t>(source)];
  }
  return to;
}

StridedCopy box_in_the_middle() {  // of a (5, 7, 6) tensor, taken as (3, 4, 6), the second axis backwards
  StridedCopy copy;
  copy.from_offset = 1 * 42 + 5 * 6;
  copy.add_axis(3, 42, 24);
  copy.add_axis(4, -6, 6);
  copy.add_axis(6, 1, 1);
  return copy;
}

TEST(StridedCopy, JoinsAxesThatBothSidesStepEvenly) {
  StridedCopy copy;
  copy.add_axis(2, 12, 12);
  copy.add_axis(1, 99, 99);
  copy.add_axis(3, 4, 4);
  copy.add_axis(4, 1, 1);
  EXPECT_EQ(copy.rank, 1);
  EXPECT_EQ(copy.axes[0].length, 24);
  EXPECT_EQ(box_in_the_middle().rank, 3);
}

TEST(StridedCopy, WidensOnlyWhatIsEvenOnBothSides) {
  const StridedCopy wide = widened(box_in_the_middle(), 16);
  EXPECT_EQ(wide.element_bytes, 8);  // rows of 6 are 3 words of 8 bytes
  EXPECT_EQ(wide.axes[2].length, 3);
  EXPECT_EQ(wide.axes[1].from, -3);
  EXPECT_EQ(wide.from_offset, 36);

  StridedCopy odd = box_in_the_middle();
  odd.to_offset = 1;
  EXPECT_EQ(widened(odd, 16).element_bytes, 4);
}

TEST(StridedCopy, MovesTheSameElementsInWiderWords) {
  const std::vector<int32_t> from = numbers(5 * 7 * 6);
  const std::vector<int32_t> expected = copied(box_in_the_middle(), from, 72);
  for (const int bytes : {4, 8}) {
    std::vector<int32_t> to(72, 0);
    cpu::run_copy(widened(box_in_the_middle(), bytes), from.data(), to.data());
    EXPECT_EQ(to, expected) << bytes;
  }
}

TEST(StridedCopy, PiecesOfAnySizeMakeTheWhole) {
  const std::vector<int32_t> from = numbers(5 * 7 * 6);
  const std::vector<int32_t> expected = copied(box_in_the_middle(), from, 72);
  for (int64_t limit = 1; limit <= 73; ++limit) {
    std::vector<int32_t> to(72, 0);
    int64_t moved = 0;
    in_pieces(box_in_the_middle(), limit, [&](const StridedCopy& piece) {
      EXPECT_LE(piece.count(), limit);
      moved += piece.count();
      cpu::run_copy(piece, from.data(), to.data());
    });
    EXPECT_EQ(moved, 72);
    EXPECT_EQ(to, expected) << "pieces of " << limit;
  }
}

TEST(StridedCopy, LargeCopiesAreSharedByThreadsWithoutGaps) {
  // A long row, many rows, and a transposition with ragged tiles: all above the size from which threads are used.
  StridedCopy row, rows, transposed;
  row.add_axis(100'003, 1, 1);
  rows.add_axis(301, 400, 333);
  rows.add_axis(333, 1, 1);
  transposed.add_axis(333, 1, 301);
  transposed.add_axis(301, 333, 1);
  for (const StridedCopy& copy : {row, rows, transposed}) {
    const std::vector<int32_t> from = numbers(301 * 400);
    std::vector<int32_t> to(301 * 400, 0);
    cpu::run_copy(copy, from.data(), to.data());
    EXPECT_EQ(to, copied(copy, from, to.size()));
  }
}

}  // namespace
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// Products in all four transpositions: around the tiles of the kernels, with rows that are and are not a multiple of 16
// bytes, single rows and columns, nothing at all, and every way in which batches broadcast. Whole numbers must come out
// equal bit by bit.
#include "core/base/text.h"
#include "core/op/op_case.h"
#include "kernels/matmul/matmul.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct MatmulShape {
  const char* name;
  CaseTag tag;
  Extents a, b;  // before transposition
};

const std::vector<MatmulShape>& shapes() {
  static const std::vector<MatmulShape> kShapes = {
      {"4x5x3", CaseTag::small, {4, 5}, {5, 3}},
      {"9x17x6", CaseTag::small, {9, 17}, {17, 6}},
      {"batch_3", CaseTag::small, {3, 4, 5}, {3, 5, 6}},
      {"matrix_under_batch", CaseTag::small, {3, 4, 5}, {5, 6}},
      {"8x16x24", CaseTag::small, {8, 16}, {16, 24}},
      {"64x64x64", CaseTag::odd, {64, 64}, {64, 64}},
      {"aligned_tails", CaseTag::odd, {72, 40}, {40, 136}},
      {"aligned_batch", CaseTag::odd, {2, 8, 24}, {2, 24, 16}},
      {"aligned_long_sum", CaseTag::odd, {8, 1048}, {1048, 8}},
      {"1x1x1", CaseTag::odd, {1, 1}, {1, 1}},
      {"outer_product", CaseTag::odd, {7, 1}, {1, 9}},
      {"inner_product", CaseTag::odd, {1, 97}, {97, 1}},
      {"primes", CaseTag::odd, {67, 71}, {71, 73}},
      {"row", CaseTag::odd, {1, 129}, {129, 65}},
      {"column", CaseTag::odd, {130, 17}, {17, 1}},
      {"no_rows", CaseTag::odd, {0, 5}, {5, 3}},
      {"nothing_summed", CaseTag::odd, {4, 0}, {0, 3}},
      {"no_batch", CaseTag::odd, {0, 4, 5}, {0, 5, 3}},
      {"batch_of_1", CaseTag::odd, {1, 4, 5}, {1, 5, 3}},
      {"broadcast_batch", CaseTag::odd, {2, 1, 3, 4}, {1, 3, 4, 5}},
      {"shared_left", CaseTag::odd, {3, 4}, {2, 4, 5}},
      {"shared_right_of_rank_3", CaseTag::odd, {3, 2, 4}, {1, 4, 5}},
      {"long_sum", CaseTag::odd, {5, 1031}, {1031, 3}},
      {"tile_tails", CaseTag::odd, {72, 40}, {40, 136}},  // rows of whole 16 bytes, and no whole tile, either way
      {"bench_1024", CaseTag::bench, {1024, 1024}, {1024, 1024}},
      {"bench_4096", CaseTag::bench, {4096, 4096}, {4096, 4096}},
      {"bench_lstm_step", CaseTag::bench, {64, 512}, {512, 2048}},
      {"bench_conv_1x1", CaseTag::bench, {43264, 512}, {512, 256}},
  };
  return kShapes;
}

Extents swapped(Extents extents, bool swap) {
  if (swap) std::swap(extents[extents.rank() - 1], extents[extents.rank() - 2]);
  return extents;
}

}  // namespace

std::vector<OpCase> matmul_cases() {
  std::vector<OpCase> cases;
  for (const MatmulShape& shape : shapes()) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        for (const Fill fill : {Fill::uniform, Fill::integers}) {
          OpCase one;
          one.name = text(shape.name, transpose_a ? "_ta" : "", transpose_b ? "_tb" : "",
                          fill == Fill::integers ? "_whole" : "");
          one.tag = shape.tag;
          one.inputs = {{.extents = swapped(shape.a, transpose_a), .fill = fill, .low = -2, .high = 2},
                        {.extents = swapped(shape.b, transpose_b), .fill = fill, .low = -2, .high = 2}};
          one.build = [transpose_a, transpose_b](std::span<const Value> inputs) {
            return std::vector<Value>{matmul(inputs[0], inputs[1], transpose_a, transpose_b)};
          };
          one.dtypes = {DType::f32, DType::bf16, DType::f16};
          cases.push_back(std::move(one));
        }
      }
    }
  }
  return cases;
}

}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
#include "core/op/op_case.h"
#include "kernels/slice/slice.h"

namespace lamina {
namespace {

using Fill = CaseInput::Fill;

struct Cut {
  const char* name;
  CaseTag tag;
  Extents whole, begin, length;
  std::vector<int64_t> step;
};

// Each is run as a slice of `whole` and as the unslice that puts the part back.
std::vector<Cut> cuts() {
  return {
      {"rows_1_to_4", CaseTag::small, {5, 6}, {1, 0}, {3, 6}, {1, 1}},
      {"columns_2_to_5", CaseTag::small, {4, 7}, {0, 2}, {4, 3}, {1, 1}},
      {"last_step", CaseTag::small, {4, 2, 8}, {0, 1, 0}, {4, 1, 8}, {1, 1, 1}},
      {"reversed_middle", CaseTag::small, {2, 5, 4}, {0, 4, 0}, {2, 5, 4}, {1, -1, 1}},
      {"reversed_inner", CaseTag::small, {3, 9}, {0, 8}, {3, 9}, {1, -1}},
      {"every_second", CaseTag::small, {3, 11}, {0, 0}, {3, 6}, {1, 2}},
      {"rows_by_2", CaseTag::small, {7, 6}, {1, 0}, {3, 6}, {2, 1}},
      {"box", CaseTag::odd, {4, 7, 9, 3}, {0, 1, 1, 0}, {4, 5, 7, 3}, {1, 1, 1, 1}},
      {"box_of_words", CaseTag::odd, {2, 5, 6, 8}, {0, 1, 2, 0}, {2, 4, 3, 8}, {1, 1, 1, 1}},
      {"backwards_by_2", CaseTag::odd, {13, 5}, {11, 0}, {6, 5}, {-2, 1}},
      {"one_element", CaseTag::odd, {3, 1}, {1, 0}, {2, 1}, {1, 1}},
      {"primes", CaseTag::odd, {17, 101}, {3, 7}, {13, 89}, {1, 1}},
      {"vector", CaseTag::odd, {1031}, {5}, {1019}, {1}},
      {"both_axes_by_2", CaseTag::odd, {3, 10, 5}, {0, 0, 4}, {3, 10, 3}, {1, 1, -2}},
      {"nothing_taken", CaseTag::odd, {4, 2}, {2, 0}, {0, 2}, {1, 1}},
      {"of_nothing", CaseTag::odd, {0, 3}, {0, 1}, {0, 2}, {1, 1}},
      {"bench_channels", CaseTag::bench, {16, 52, 52, 512}, {0, 0, 0, 128}, {16, 52, 52, 256}, {1, 1, 1, 1}},
      {"bench_reversed_steps", CaseTag::bench, {64, 512, 256}, {0, 511, 0}, {64, 512, 256}, {1, -1, 1}},
      {"bench_crop", CaseTag::bench, {16, 418, 418, 3}, {0, 1, 1, 0}, {16, 416, 416, 3}, {1, 1, 1, 1}},
  };
}

OpCase make_case(const Cut& cut, DType dtype, bool undo) {
  OpCase one;
  one.name = cut.name + (dtype == DType::f32 ? std::string() : "_" + std::string(name_of(dtype)));
  one.tag = cut.tag;
  // From 1 on, so that the zeros around an unslice are told from what was set into them.
  one.inputs = {{.extents = undo ? cut.length : cut.whole,
                 .dtype = dtype,
                 .fill = Fill::integers,
                 .low = dtype == DType::boolean ? 0.0 : 1.0,
                 .high = dtype == DType::boolean ? 1.0 : 200.0}};
  one.build = [cut, undo](std::span<const Value> inputs) {
    return std::vector<Value>{undo ? unslice(inputs[0], cut.whole, cut.begin, cut.step)
                                   : slice_axes(inputs[0], cut.begin, cut.length, cut.step)};
  };
  if (dtype == DType::f32) one.dtypes = {DType::f32, DType::bf16};
  return one;
}

std::vector<OpCase> cases_of(bool undo) {
  std::vector<OpCase> cases;
  for (const Cut& cut : cuts()) {
    for (const DType dtype : {DType::f32, DType::i32, DType::u8, DType::boolean})
      cases.push_back(make_case(cut, dtype, undo));
  }
  return cases;
}

}  // namespace

std::vector<OpCase> slice_cases() { return cases_of(false); }
std::vector<OpCase> unslice_cases() { return cases_of(true); }

}  // namespace lamina

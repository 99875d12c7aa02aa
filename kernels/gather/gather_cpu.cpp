// SPDX-License-Identifier: Apache-2.0
// gather and its adjoint on the host: whole rows, and sums by columns (each thread sums its columns of all rows, in the
// order of the indices, so that no two threads meet), each with its reference behind. All check the indices first.
#include <omp.h>

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "kernels/gather/gather.h"
#include "kernels/gather/gather_geometry.h"
#include "kernels/copies/strided_copy.h"

namespace lamina {
namespace {

constexpr int64_t kBytesWorthAThread = 1 << 16;
constexpr int64_t kColumnsWorthAThread = 16;  // one cache line of f32

void check_indices(const TensorView& indices, int64_t rows) {
  const int32_t* const index = indices.as<int32_t>();
  for (int64_t at = 0; at < indices.count(); ++at) {
    if (index[at] >= 0 && index[at] < rows) continue;
    std::vector<int64_t> place(static_cast<size_t>(indices.extents.rank()));
    int64_t rest = at;
    for (size_t axis = place.size(); axis-- > 0;) {
      place[axis] = rest % indices.extents[static_cast<int>(axis)];
      rest /= indices.extents[static_cast<int>(axis)];
    }
    throw Error(ErrorKind::model,
                text("indices[", join(place), "] is ", index[at], ", the table has rows 0 to ", rows - 1));
  }
}

GatherGeometry geometry_of_gather(const KernelContext& context) {
  return gather_geometry(context.inputs[0].extents, context.inputs[1].extents);
}

GatherGeometry geometry_of_gradient(const KernelContext& context) {
  return gather_geometry(context.outputs[0].extents, context.inputs[1].extents);
}

void launch_rows(KernelContext& context) {
  const GatherGeometry geometry = geometry_of_gather(context);
  check_indices(context.inputs[1], geometry.rows);
  const auto* const index = context.inputs[1].as<int32_t>();
  const auto* const table = static_cast<const char*>(context.inputs[0].data);
  auto* const y = static_cast<char*>(context.outputs[0].data);
  const int64_t bytes = geometry.width * static_cast<int64_t>(size_of(context.outputs[0].dtype));
#pragma omp parallel for schedule(static) if (geometry.indices * bytes > kBytesWorthAThread)
  for (int64_t at = 0; at < geometry.indices; ++at) {
    std::memcpy(y + at * bytes, table + index[at] * bytes, static_cast<size_t>(bytes));
  }
}

void launch_gather_reference(KernelContext& context) {
  const GatherGeometry geometry = geometry_of_gather(context);
  check_indices(context.inputs[1], geometry.rows);
  with_type(context.outputs[0].dtype, [&](auto type) {
    using T = decltype(type);
    for (int64_t at = 0; at < geometry.indices; ++at) {
      const int64_t row = context.inputs[1].as<int32_t>()[at];
      for (int64_t column = 0; column < geometry.width; ++column) {
        context.outputs[0].as<T>()[at * geometry.width + column] =
            context.inputs[0].as<T>()[row * geometry.width + column];
      }
    }
  });
}

template <class T>
void run_columns(KernelContext& context) {
  const GatherGeometry geometry = geometry_of_gradient(context);
  check_indices(context.inputs[1], geometry.rows);
  const auto* const index = context.inputs[1].as<int32_t>();
  const T* const dy = context.inputs[0].as<T>();
  T* const table = context.outputs[0].as<T>();
  float* const sums =
      std::is_same_v<T, float> ? static_cast<float*>(context.outputs[0].data) : static_cast<float*>(context.workspace);

  const int64_t width = geometry.width;
  const int64_t each = std::max((width + omp_get_max_threads() - 1) / omp_get_max_threads(), kColumnsWorthAThread);
#pragma omp parallel for schedule(static) if ((geometry.indices + geometry.rows) * width * 4 > kBytesWorthAThread)
  for (int64_t first = 0; first < width; first += each) {
    const int64_t columns = std::min(each, width - first);
    for (int64_t row = 0; row < geometry.rows; ++row) std::fill_n(sums + row * width + first, columns, 0.0f);
    for (int64_t at = 0; at < geometry.indices; ++at) {
      float* const sum = sums + index[at] * width + first;
      const T* const add = dy + at * width + first;
      for (int64_t column = 0; column < columns; ++column) sum[column] += convert<float>(add[column]);
    }
    if constexpr (!std::is_same_v<T, float>) {
      for (int64_t row = 0; row < geometry.rows; ++row) {
        const int64_t begin = row * width + first;
        for (int64_t column = begin; column < begin + columns; ++column) table[column] = convert<T>(sums[column]);
      }
    }
  }
}

Prepared prepare_columns(const KernelQuery& query) {
  const bool in_place = query.outputs[0].dtype == DType::f32;
  return {.workspace_bytes = in_place ? 0 : static_cast<size_t>(query.out_extents(0).count()) * sizeof(float)};
}

void launch_columns(KernelContext& context) {
  switch (context.outputs[0].dtype) {
    case DType::bf16:
      return run_columns<bf16>(context);
    case DType::f16:
      return run_columns<f16>(context);
    default:
      return run_columns<float>(context);
  }
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_gradient_reference(KernelContext& context) {
  const GatherGeometry geometry = geometry_of_gradient(context);
  check_indices(context.inputs[1], geometry.rows);
  with_type(context.outputs[0].dtype, [&](auto type) {
    using T = decltype(type);
    std::vector<double> sums(static_cast<size_t>(geometry.rows * geometry.width));
    for (int64_t at = 0; at < geometry.indices; ++at) {
      const int64_t row = context.inputs[1].as<int32_t>()[at];
      for (int64_t column = 0; column < geometry.width; ++column) {
        sums[static_cast<size_t>(row * geometry.width + column)] +=
            convert<double>(context.inputs[0].as<T>()[at * geometry.width + column]);
      }
    }
    for (size_t i = 0; i < sums.size(); ++i) context.outputs[0].as<T>()[i] = convert<T>(sums[i]);
  });
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> gather_impls() {
  static const KernelImpl impls[] = {
      {"gather", DeviceKind::cpu, "rows", accepts_moving, nullptr, launch_rows},
      {"gather", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_gather_reference},
      {"gather_grad", DeviceKind::cpu, "columns", accepts_moving, prepare_columns, launch_columns},
      {"gather_grad", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_gradient_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

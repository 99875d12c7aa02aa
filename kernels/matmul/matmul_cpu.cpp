// SPDX-License-Identifier: Apache-2.0
// matmul on the host: oneDNN's matmul primitive, then the plain loops.
#include "core/base/check.h"
#include "kernels/matmul/matmul_geometry.h"
#include "kernels/onednn/onednn.h"

namespace lamina {
namespace {

struct OnednnState {
  dnnl::matmul primitive;
  dnnl::memory a, b, y;
};

Verdict accepts_onednn(const KernelQuery& query) {
  if (query.in(0) != DType::f32 && query.in(0) != DType::bf16) return Verdict::no(text("needs f32 or bf16, got ", query.in(0)));
  if (const Verdict bf16 = onednn::accepts_bf16(); query.in(0) == DType::bf16 && !bf16.accepted()) return bf16;
  const MatmulGeometry geometry =
      geometry_of(query.attributes.get<MatmulAttributes>(), query.in_extents(0), query.in_extents(1));
  if (geometry.m * geometry.n * geometry.k * geometry.batch == 0) return Verdict::no("an empty product");
  return Verdict::yes();
}

// Batch axes keep their rank (oneDNN broadcasts them itself); a transposition is a pair of swapped strides.
dnnl::memory::desc describe(const Extents& extents, int rank, bool transposed, DType type) {
  dnnl::memory::dims dims(static_cast<size_t>(rank), 1), strides(static_cast<size_t>(rank), 1);
  const Extents own = extents.row_major_strides();
  const int offset = rank - extents.rank();
  for (int axis = 0; axis < rank; ++axis) {
    dims[static_cast<size_t>(axis)] = axis < offset ? 1 : extents[axis - offset];
    strides[static_cast<size_t>(axis)] = axis < offset ? extents.count() : own[axis - offset];
  }
  if (transposed) {
    std::swap(dims[static_cast<size_t>(rank) - 1], dims[static_cast<size_t>(rank) - 2]);
    std::swap(strides[static_cast<size_t>(rank) - 1], strides[static_cast<size_t>(rank) - 2]);
  }
  return {dims, onednn::data_type_of(type), strides};
}

// The problem as matrices where the batch folds into the rows: one large product is faster than many small ones.
std::pair<Extents, Extents> folded(const KernelQuery& query, const MatmulGeometry& geometry) {
  if (geometry.batch > 1) return {query.in_extents(0), query.in_extents(1)};
  const Extents a = geometry.transpose_a ? Extents{geometry.k, geometry.m} : Extents{geometry.m, geometry.k};
  const Extents b = geometry.transpose_b ? Extents{geometry.n, geometry.k} : Extents{geometry.k, geometry.n};
  return {a, b};
}

Prepared prepare_onednn(const KernelQuery& query) {
  const auto& attributes = query.attributes.get<MatmulAttributes>();
  const MatmulGeometry geometry = geometry_of(attributes, query.in_extents(0), query.in_extents(1));
  const auto [a, b] = folded(query, geometry);
  const Extents y = geometry.batch > 1 ? query.out_extents(0) : Extents{geometry.m, geometry.n};
  const auto a_memory = describe(a, y.rank(), attributes.transpose_a, query.in(0));
  const auto b_memory = describe(b, y.rank(), attributes.transpose_b, query.in(1));
  const auto y_memory = describe(y, y.rank(), false, query.outputs[0].dtype);

  auto state = std::make_shared<OnednnState>();
  state->primitive = dnnl::matmul(onednn::describe<dnnl::matmul>({}, a_memory, b_memory, y_memory));
  state->a = dnnl::memory(a_memory, onednn::engine(), nullptr);
  state->b = dnnl::memory(b_memory, onednn::engine(), nullptr);
  state->y = dnnl::memory(y_memory, onednn::engine(), nullptr);
  Prepared prepared;
  prepared.state = state;
  return prepared;
}

void launch_onednn(KernelContext& context) {
  auto& state = context.state_as<OnednnState>();
  state.a.set_data_handle(context.inputs[0].data);
  state.b.set_data_handle(context.inputs[1].data);
  state.y.set_data_handle(context.outputs[0].data);
  state.primitive.execute(onednn::stream(), {{DNNL_ARG_SRC, state.a}, {DNNL_ARG_WEIGHTS, state.b}, {DNNL_ARG_DST, state.y}});
  onednn::stream().wait();
}

template <class T, class Sum>
void run_reference(KernelContext& context) {
  const MatmulGeometry g = geometry_of(context.attributes.get<MatmulAttributes>(), context.inputs[0].extents, context.inputs[1].extents);
  for (int64_t which = 0; which < g.batch; ++which) {
    const T* const a = context.inputs[0].as<T>() + g.a_offset(which);
    const T* const b = context.inputs[1].as<T>() + g.b_offset(which);
    T* const y = context.outputs[0].as<T>() + which * g.m * g.n;
    for (int64_t row = 0; row < g.m; ++row) {
      for (int64_t column = 0; column < g.n; ++column) {
        Sum sum = 0;
        for (int64_t k = 0; k < g.k; ++k) {
          const T left = g.transpose_a ? a[k * g.lda + row] : a[row * g.lda + k];
          const T right = g.transpose_b ? b[column * g.ldb + k] : b[k * g.ldb + column];
          sum += convert<Sum>(left) * convert<Sum>(right);
        }
        y[row * g.n + column] = convert<T>(sum);
      }
    }
  }
}

Verdict accepts_reference(const KernelQuery&) { return Verdict::yes(); }

void launch_reference(KernelContext& context) {
  switch (context.inputs[0].dtype) {
    case DType::f64: return run_reference<double, double>(context);
    case DType::bf16: return run_reference<bf16, float>(context);
    case DType::f16: return run_reference<f16, float>(context);
    default: return run_reference<float, double>(context);
  }
}

}  // namespace

namespace cpu {

std::span<const KernelImpl> matmul_impls() {
  static const KernelImpl impls[] = {
      {"matmul", DeviceKind::cpu, "onednn", accepts_onednn, onednn::prepare<prepare_onednn>, onednn::launch<launch_onednn>},
      {"matmul", DeviceKind::cpu, "reference", accepts_reference, nullptr, launch_reference},
  };
  return impls;
}

}  // namespace cpu
}  // namespace lamina

// SPDX-License-Identifier: Apache-2.0
// matmul by cuBLAS: to compare ours with, or to choose (--impl matmul=cublas). It stands last, so that nothing takes it
// unasked. Every call's scratch memory comes out of the plan, so that a captured step allocates nothing.
#include <mutex>

#include "core/runtime/cuda/vendor/cublas_table.h"
#include "kernels/matmul/column_major_gemm.h"

namespace lamina {
namespace {

constexpr size_t kWorkspaceBytes = size_t{32} << 20;  // NVIDIA's advice for sm_90; sm_80 asks for 4 MiB

// A handle is of one GPU, the current one, and of one caller at a time.
class Handle {
 public:
  explicit Handle(const CublasTable& table) : table_(table) {
    CUBLAS_CHECK(table_, table_.create(&handle_));
    // Sums of 16-bit products stay in f32 from end to end, as in our kernels.
    CUBLAS_CHECK(table_, table_.set_math_mode(handle_, static_cast<cublasMath_t>(
                                                           CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION)));
  }
  ~Handle() { table_.destroy(handle_); }  // NOLINT: a destructor does not throw, and nothing is left to tell
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // Runs call(handle) on `stream` with `workspace`.
  template <class Call>
  void run(void* stream, void* workspace, Call call) {
    const std::lock_guard lock(mutex_);
    CUBLAS_CHECK(table_, table_.set_stream(handle_, static_cast<cudaStream_t>(stream)));
    CUBLAS_CHECK(table_, table_.set_workspace(handle_, workspace, kWorkspaceBytes));
    CUBLAS_CHECK(table_, call(handle_));
  }

 private:
  const CublasTable& table_;
  cublasHandle_t handle_ = nullptr;
  std::mutex mutex_;
};

// One for all nodes, for as long as any plan holds it: a process drives one GPU, and a handle costs megabytes there.
std::shared_ptr<Handle> shared_handle(const CublasTable& table) {
  static std::mutex mutex;
  static std::weak_ptr<Handle> known;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Handle> handle = known.lock();
  if (!handle) known = handle = std::make_shared<Handle>(table);
  return handle;
}

struct State {
  const CublasTable& table;
  std::shared_ptr<Handle> handle;
  ColumnMajorGemm gemm;
  cudaDataType type;
  cublasComputeType_t compute;
};

MatmulGeometry geometry_of(const KernelQuery& query) {
  return lamina::geometry_of(query.attributes.get<MatmulAttributes>(), query.in_extents(0), query.in_extents(1));
}

cudaDataType type_of(DType type) {
  return type == DType::bf16 ? CUDA_R_16BF : type == DType::f16 ? CUDA_R_16F : CUDA_R_32F;
}

Verdict accepts_cublas(const KernelQuery& query) {
  if (query.in(0) == DType::f64) return Verdict::no("f64 is for the reference on cpu");
  std::string why;
  if (!cublas(&why)) return Verdict::no(why);
  ColumnMajorGemm gemm;
  return column_major(geometry_of(query), &gemm);
}

Prepared prepare_cublas(const KernelQuery& query) {
  const CublasTable& table = *cublas(nullptr);
  ColumnMajorGemm gemm;
  column_major(geometry_of(query), &gemm);
  const bool tf32 = query.in(0) == DType::f32 && query.allow_tf32;
  Prepared prepared;
  prepared.state = std::make_shared<State>(State{table, shared_handle(table), gemm, type_of(query.in(0)),
                                                 tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F});
  prepared.workspace_bytes = kWorkspaceBytes;
  return prepared;
}

void launch_cublas(KernelContext& context) {
  const auto& state = context.state_as<State>();
  const ColumnMajorGemm& g = state.gemm;
  const float one = 1, zero = 0;
  const auto operation = [](bool transpose) { return transpose ? CUBLAS_OP_T : CUBLAS_OP_N; };
  state.handle->run(context.stream, context.workspace, [&](cublasHandle_t handle) {
    return state.table.gemm_strided_batched_ex(
        handle, operation(g.transpose_left), operation(g.transpose_right), g.m, g.n, g.k, &one, context.inputs[1].data,
        state.type, g.left_stride, g.left_batch, context.inputs[0].data, state.type, g.right_stride, g.right_batch, &zero,
        context.outputs[0].data, state.type, g.result_stride, g.result_batch, g.batch, state.compute, CUBLAS_GEMM_DEFAULT);
  });
}

}  // namespace

namespace cuda {

std::span<const KernelImpl> matmul_cublas_impls() {
  static const KernelImpl impls[] = {
      {"matmul", DeviceKind::cuda, "cublas", accepts_cublas, prepare_cublas, launch_cublas}};
  return impls;
}

}  // namespace cuda
}  // namespace lamina

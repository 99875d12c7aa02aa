// SPDX-License-Identifier: Apache-2.0
// cuBLAS, opened at run time: the functions we use, by the signatures of the toolkit's header. To compare our GEMM
// with, or to choose. CUBLAS_CHECK is around every call.
#pragma once

#include <cublas_v2.h>

#include <string>
#include <string_view>

#include "core/runtime/cuda/vendor/shared_library.h"

namespace lamina {

// Members are named as in cuBLAS, without prefix and version suffix. cuBLAS is column-major; all matrices are device
// memory, and alpha and beta are host memory of the compute type unless the pointer mode says otherwise.
struct CublasTable {
  cublasStatus_t (*get_property)(libraryPropertyType property, int* value);
  const char* (*get_status_name)(cublasStatus_t status);
  const char* (*get_status_string)(cublasStatus_t status);
  cublasStatus_t (*create)(cublasHandle_t* handle);
  cublasStatus_t (*destroy)(cublasHandle_t handle);
  cublasStatus_t (*set_stream)(cublasHandle_t handle, cudaStream_t stream);
  // Device memory aligned to 256 that cuBLAS uses instead of its own: without one it allocates inside a capture. To be
  // set after the stream, which resets it.
  cublasStatus_t (*set_workspace)(cublasHandle_t handle, void* workspace, size_t bytes);
  cublasStatus_t (*set_math_mode)(cublasHandle_t handle, cublasMath_t mode);
  cublasStatus_t (*gemm_ex)(cublasHandle_t handle, cublasOperation_t transpose_a, cublasOperation_t transpose_b, int m,
                            int n, int k, const void* alpha, const void* a, cudaDataType a_type, int a_stride,
                            const void* b, cudaDataType b_type, int b_stride, const void* beta, void* c,
                            cudaDataType c_type, int c_stride, cublasComputeType_t compute, cublasGemmAlgo_t algorithm);
  cublasStatus_t (*gemm_strided_batched_ex)(cublasHandle_t handle, cublasOperation_t transpose_a,
                                            cublasOperation_t transpose_b, int m, int n, int k, const void* alpha,
                                            const void* a, cudaDataType a_type, int a_stride, long long a_batch_stride,
                                            const void* b, cudaDataType b_type, int b_stride, long long b_batch_stride,
                                            const void* beta, void* c, cudaDataType c_type, int c_stride,
                                            long long c_batch_stride, int batch, cublasComputeType_t compute,
                                            cublasGemmAlgo_t algorithm);
  std::string version;  // "13.0.2"
};

// Opens and binds; false and the reason in *why where the library, one of the functions or the major version that this
// program was compiled for is not there.
bool load_cublas(const LibrarySearch& search, CublasTable* table, std::string* why);

// The table of this process, opened at the first call by LibrarySearch::from_environment(); nullptr and the reason in
// *why (which may be null) where it is not to be had.
const CublasTable* cublas(std::string* why);

[[noreturn]] void throw_cublas_error(const CublasTable& table, cublasStatus_t status, std::string_view call,
                                     const char* file, int line);

}  // namespace lamina

#define CUBLAS_CHECK(table, call)                                                                        \
  do {                                                                                                   \
    if (const cublasStatus_t cublas_check_status = (call); cublas_check_status != CUBLAS_STATUS_SUCCESS) \
      ::lamina::throw_cublas_error(table, cublas_check_status, #call, __FILE__, __LINE__);               \
  } while (false)

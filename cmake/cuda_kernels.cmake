# SPDX-License-Identifier: Apache-2.0
# lamina_add_cuda_kernels(<target> <files>...): nvcc's copy of .cu files, as a static library. SASS for sm_80 with PTX for
# newer cards, and SASS for sm_90a. The CUDA language must be enabled in the calling directory.

# CMake 3.25 does not know that this nvcc takes C++20; read when the including directory is generated.
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)

function(lamina_add_cuda_kernels target)
  add_library(${target} STATIC ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE SIMT_BACKEND=cuda)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr -lineinfo>)
  # The runtime library is linked by name and statically; the driver library never is.
  set_target_properties(${target} PROPERTIES CUDA_STANDARD 20 CUDA_ARCHITECTURES "80;90a-real" CUDA_RUNTIME_LIBRARY None)
  # LINK_ONLY: what a host library asks of its compiler must not reach nvcc.
  target_link_libraries(${target} PUBLIC $<LINK_ONLY:lamina_core> $<LINK_ONLY:CUDA::cudart_static>)
endfunction()

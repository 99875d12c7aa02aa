# What was configured, in one place.
message(STATUS "Lamina ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}")
message(STATUS "  cpu:  oneDNN ${dnnl_VERSION}")
message(STATUS "  sim:  the .cu files compiled by ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
if(LAMINA_CUDA)
  message(STATUS "  cuda: toolkit ${CUDAToolkit_VERSION}")
else()
  message(STATUS "  cuda: not built (no nvcc); cpu and sim are complete without it")
endif()

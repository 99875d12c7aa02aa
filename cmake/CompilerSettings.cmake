# Settings that every target of Lamina shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# Warnings and sanitizers travel with this target, so that CUDA sources (compiled by nvcc) are not touched by them.
add_library(lamina_settings INTERFACE)
target_include_directories(lamina_settings INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(lamina_settings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow=local -Wno-missing-field-initializers
    -Wno-restrict>  # a false positive of GCC 12 on std::string (bug 105651)
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${LAMINA_WERROR}>>:-Werror>)
if(LAMINA_ASAN)
  target_compile_options(lamina_settings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(lamina_settings INTERFACE -fsanitize=address,undefined)
endif()

# Settings that every target of Lamina shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # a program of another folder links what our libraries are linked with

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# Warnings are for the folders here: they reach no program that uses Lamina. CUDA sources (compiled by nvcc) are not
# touched by them, nor by the sanitizers, with which everything that links Lamina must be built.
set(LAMINA_WARNINGS -Wall -Wextra -Wshadow=local -Wno-missing-field-initializers
    -Wno-restrict)  # a false positive of GCC 12 on std::string (bug 105651)
if(LAMINA_WERROR)
  list(APPEND LAMINA_WARNINGS -Werror)
endif()
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${LAMINA_WARNINGS}>")

add_library(lamina_settings INTERFACE)
target_compile_features(lamina_settings INTERFACE cxx_std_20)
target_include_directories(lamina_settings INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
if(LAMINA_ASAN)
  target_compile_options(lamina_settings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer>)
  target_link_options(lamina_settings INTERFACE -fsanitize=address,undefined)
endif()

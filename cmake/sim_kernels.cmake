# SPDX-License-Identifier: Apache-2.0
# lamina_add_sim_kernels(<target> <files>...): the host compiler's copy of .cu files, as a static library of one object.
# Call it in a directory that does not also compile these files with nvcc: CMake keeps LANGUAGE per directory, and with
# both in one directory both copies silently go to the host compiler.
#
# The copies become one relocatable object in which only the symbols of lamina::sim stay global. Otherwise each template
# or inline function outside of that namespace (std:: included) would be a weak symbol that the linker may resolve to
# the CUDA copy, or whose instrumented body host code would run. docs/adr/0002-one-cu-compiled-twice.md

# For the access callbacks: a call before each load and store. no-tree-sra keeps the access to a float4 whole; a callback
# must be a call and not a jump, since its return address is what names the line; and no load may be moved to where the
# kernel would not have made it (out of a conditional part of a loop, or from both sides of a branch).
set(LAMINA_SIM_COPY_OPTIONS -O2 -g1 -fno-tree-sra -fno-builtin-memcpy -fno-builtin-memset -fno-optimize-sibling-calls
    -fno-tree-loop-im -fno-hoist-adjacent-loads -fsanitize=thread --param=tsan-instrument-func-entry-exit=0)

function(lamina_add_sim_kernels target)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
  add_library(${target}_copies OBJECT ${ARGN})
  target_link_libraries(${target}_copies PRIVATE lamina_settings)
  target_compile_definitions(${target}_copies PRIVATE SIMT_BACKEND=sim)
  # #pragma unroll is for nvcc; the vector types of core/simt/types.h have an assignment of their own and nothing else; a
  # unique symbol of an inline function could not be made local.
  target_compile_options(${target}_copies PRIVATE -Wno-unknown-pragmas -Wno-deprecated-copy -Wno-class-memaccess
                         -fno-gnu-unique)
  set(checked_copies --redefine-sym memcpy=lamina_simt_memcpy --redefine-sym memset=lamina_simt_memset
      --redefine-sym memmove=lamina_simt_memmove)
  if(LAMINA_ASAN)  # the address sanitizer comes with lamina_settings and excludes the callbacks
    target_compile_options(${target}_copies PRIVATE -O1 -g1)
    set(checked_copies)
  else()
    target_compile_options(${target}_copies PRIVATE ${LAMINA_SIM_COPY_OPTIONS})
  endif()

  set(object ${CMAKE_CURRENT_BINARY_DIR}/${target}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${object}.all $<TARGET_OBJECTS:${target}_copies>
    COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=_ZN6lamina3sim*" "--keep-global-symbol=_ZNK6lamina3sim*"
            ${checked_copies} ${object}.all ${object}
    COMMAND ${CMAKE_COMMAND} -E rm ${object}.all
    DEPENDS ${target}_copies $<TARGET_OBJECTS:${target}_copies>
    COMMENT "Combining the sim copies of ${target}"
    COMMAND_EXPAND_LISTS VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_library(${target} STATIC ${object})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PUBLIC lamina_sim_runtime lamina_core)
endfunction()

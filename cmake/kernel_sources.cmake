# SPDX-License-Identifier: Apache-2.0
# lamina_kernel_sources(<variable>): every .cu of kernels/, so that a new op folder needs no edit of a build file.
# Both copies use it, and tests/core/simt counts that nvcc gets as many rules as it lists.

function(lamina_kernel_sources variable)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*/*.cu)
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# SPDX-License-Identifier: Apache-2.0
# lamina::lamina: all that a program links. The same name inside a project that takes in this folder, from an installation
# and from a build folder (find_package with lamina_DIR=<build folder>).
add_library(lamina INTERFACE)
add_library(lamina::lamina ALIAS lamina)
target_link_libraries(lamina INTERFACE lamina_layers lamina_losses lamina_kernels lamina_core)

if(NOT LAMINA_INSTALL)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries lamina lamina_settings lamina_layers lamina_losses lamina_kernels lamina_sim_kernels lamina_core
    lamina_sim_runtime lamina_cuda_runtime)
if(LAMINA_CUDA)
  list(APPEND libraries lamina_cuda_kernels)
endif()
install(TARGETS ${libraries} EXPORT lamina_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
target_include_directories(lamina_settings INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/lamina>)
install(DIRECTORY core kernels layers losses DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lamina
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/lamina)
configure_package_config_file(cmake/lamina-config.cmake.in ${PROJECT_BINARY_DIR}/lamina-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lamina-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lamina-config.cmake ${PROJECT_BINARY_DIR}/lamina-config-version.cmake DESTINATION ${package})
install(EXPORT lamina_targets NAMESPACE lamina:: FILE lamina-targets.cmake DESTINATION ${package})
export(EXPORT lamina_targets NAMESPACE lamina:: FILE ${PROJECT_BINARY_DIR}/lamina-targets.cmake)

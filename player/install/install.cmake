# cmake --install: headers, both libraries, aizu.pc and aizu-static.pc for pkg-config, and aizuConfig.cmake for
# find_package(aizu). Two .pc files, because `pkg-config --static` would ask for the static libraries of all
# dependencies of our dependencies too.
include(CMakePackageConfigHelpers)

set(aizu_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aizu)
set(aizu_requires "libcurl >= 7.88, libavcodec >= 59.37, libavutil >= 57.28, libswscale >= 6.7, \
libswresample >= 4.7, sdl2 >= 2.26, jansson >= 2.14, libxml-2.0 >= 2.9.14, libass >= 0.17.1")

configure_file(install/aizu.pc.in ${PROJECT_BINARY_DIR}/install/aizu.pc @ONLY)
configure_file(install/aizu-static.pc.in ${PROJECT_BINARY_DIR}/install/aizu-static.pc @ONLY)
configure_file(install/aizuConfig.cmake.in ${PROJECT_BINARY_DIR}/install/aizuConfig.cmake @ONLY)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/aizuConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)

install(TARGETS aizu_shared aizu_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/aizu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/install/aizu.pc ${PROJECT_BINARY_DIR}/install/aizu-static.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/install/aizuConfig.cmake
              ${PROJECT_BINARY_DIR}/install/aizuConfigVersion.cmake DESTINATION ${aizu_cmake_dir})

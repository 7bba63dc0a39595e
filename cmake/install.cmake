# Installs the headers and a package that find_package(weft COMPONENTS text io sentencepiece torch xtensor native) understands.
# A build that fetched its dependencies is not installed: the package would point at libraries that are not there.
if(NOT weft_is_installed)
  message(STATUS "weft: dependencies were fetched, so there is nothing to install; install them to install weft")
  return()
endif()
include(CMakePackageConfigHelpers)

set(weft_installed weft_weft weft_text weft_io weft_native)
if(TARGET weft_sentencepiece)
  list(APPEND weft_installed weft_sentencepiece)
endif()
if(TARGET weft_torch)
  list(APPEND weft_installed weft_torch)
endif()
if(TARGET weft_xtensor)
  list(APPEND weft_installed weft_xtensor)
endif()
install(TARGETS ${weft_installed} EXPORT weft_targets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weft" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT weft_targets FILE weft_targets.cmake NAMESPACE weft:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weftConfig.cmake.in" "${PROJECT_BINARY_DIR}/weftConfig.cmake"
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weftConfigVersion.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/sentencepiece.cmake" "${PROJECT_SOURCE_DIR}/cmake/xsimd.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/package/" DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/weft OPTIONAL)

# For builds without CMake: weft, weft-text and weft-io are weft::weft, weft::text and weft::io.
file(RELATIVE_PATH weft_prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" weft_prefix_from_pc "${weft_prefix_from_pc}")
function(weft_pkg_config name description requires)
  set(weft_pc_name ${name})
  set(weft_pc_description "${description}")
  set(weft_pc_requires "${requires}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/weft.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
weft_pkg_config(weft "Transformer encoders composed at compile time" "xsimd")
weft_pkg_config(weft-text "weft's tokenizers" "weft, libutf8proc")
weft_pkg_config(weft-io "weft's readers of models and its pipelines" "weft-text, nlohmann_json")

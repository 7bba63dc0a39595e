# weft's dependencies: what is installed is used; what is not is fetched at a pinned version where that is allowed.
# FETCHCONTENT_SOURCE_DIR_<NAME> points at a source tree on disk instead (see docs/how-to/build-offline.md).
include(FetchContent)

# utf8proc 2.8 and Catch2 2 ask for a CMake older than CMake 4 pretends to be.
if(NOT DEFINED CMAKE_POLICY_VERSION_MINIMUM)
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5)
endif()

# Tests, examples and benchmarks name libraries as their own packages do. Without them nothing is imported under such a name,
# so that a project that contains weft may bring a library of its own after weft, under the name that it always has.
set(weft_imports_by_name OFF)
if(PROJECT_IS_TOP_LEVEL OR WEFT_BUILD_TESTS OR WEFT_BUILD_EXAMPLES OR WEFT_BUILD_BENCH)
  set(weft_imports_by_name ON)
endif()

# An interface target for a library that is nothing but headers.
function(weft_headers target)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${ARGN}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endfunction()

# weft_dependency(<name> <target> <header> REPOSITORY <url> TAG <tag> [OPTIONS <key=value>...])
# Sets weft_<name> to what links the library: <target>, where it is there, or weft_headers_of_<name>.
function(weft_dependency name target header)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "REPOSITORY;TAG;INCLUDE" "OPTIONS")
  string(TOUPPER "${name}" upper)
  set(tree "${FETCHCONTENT_SOURCE_DIR_${upper}}")
  set(weft_${name} ${target} PARENT_SCOPE)
  if(TARGET ${target})
    return()
  endif()
  set(headers weft_headers_of_${name})
  if(NOT weft_imports_by_name)
    set(directories)
    if(tree AND EXISTS "${tree}/include/${header}")
      set(directories "${tree}/include")
      set_property(GLOBAL PROPERTY weft_fetched ON)
      set(from "from ${tree}")
    elseif(NOT tree)
      set(weft_wanted ${name})
      set(weft_wanted_target ${target})
      add_subdirectory("${PROJECT_SOURCE_DIR}/cmake/found" "${PROJECT_BINARY_DIR}/found/${name}" EXCLUDE_FROM_ALL)
      get_property(directories GLOBAL PROPERTY weft_directories_of_${name})
      get_property(from GLOBAL PROPERTY weft_version_of_${name})
    endif()
    if(directories)
      weft_headers(${headers} "${directories}")
      set(weft_${name} ${headers} PARENT_SCOPE)
      message(STATUS "weft: ${name} ${from}")
      return()
    endif()
  elseif(NOT tree)
    find_package(${name} QUIET GLOBAL)
    if(TARGET ${target})
      message(STATUS "weft: ${name} ${${name}_VERSION} from ${${name}_DIR}")
      return()
    endif()
  endif()
  if(NOT WEFT_FETCH_DEPENDENCIES AND NOT tree)
    message(FATAL_ERROR "weft needs ${name}, which was not found. Install it (README.md names the package), point "
                        "CMAKE_PREFIX_PATH at it, or configure with -DWEFT_FETCH_DEPENDENCIES=ON.")
  endif()
  foreach(setting IN LISTS arg_OPTIONS)
    string(REPLACE "=" ";" pair "${setting}")
    list(GET pair 0 key)
    list(GET pair 1 value)
    set(${key} ${value} CACHE INTERNAL "")
  endforeach()
  FetchContent_Declare(${name} GIT_REPOSITORY ${arg_REPOSITORY} GIT_TAG ${arg_TAG} GIT_SHALLOW ON)
  FetchContent_GetProperties(${name})
  if(NOT ${name}_POPULATED)
    # A tree laid out from a distribution's -dev package has headers only and no CMakeLists.txt.
    if(tree AND NOT EXISTS "${tree}/CMakeLists.txt")
      set(${name}_SOURCE_DIR "${tree}")
    else()
      FetchContent_MakeAvailable(${name})
    endif()
  endif()
  if(NOT TARGET ${target})
    if(NOT EXISTS "${${name}_SOURCE_DIR}/include/${header}")
      message(FATAL_ERROR "weft: ${${name}_SOURCE_DIR} was given as the source of ${name}, but it has no include/${header}.")
    endif()
    string(REPLACE "::" "_" plain "${target}")
    weft_headers(${plain} "${${name}_SOURCE_DIR}/include")
    if(NOT plain STREQUAL target)
      add_library(${target} ALIAS ${plain})
    endif()
  endif()
  set_property(GLOBAL PROPERTY weft_fetched ON)
  message(STATUS "weft: ${name} from ${${name}_SOURCE_DIR}")
endfunction()

weft_dependency(xsimd xsimd xsimd/xsimd.hpp
  REPOSITORY https://github.com/xtensor-stack/xsimd TAG 8.1.0)

weft_dependency(nlohmann_json nlohmann_json::nlohmann_json nlohmann/json.hpp
  REPOSITORY https://github.com/nlohmann/json TAG v3.11.2)

# utf8proc has no CMake package in most distributions.
if(NOT TARGET weft_utf8proc)
  find_path(UTF8PROC_INCLUDE_DIR utf8proc.h)
  find_library(UTF8PROC_LIBRARY utf8proc)
  mark_as_advanced(UTF8PROC_INCLUDE_DIR UTF8PROC_LIBRARY)
  if(UTF8PROC_INCLUDE_DIR AND UTF8PROC_LIBRARY AND NOT FETCHCONTENT_SOURCE_DIR_UTF8PROC)
    add_library(weft_utf8proc UNKNOWN IMPORTED GLOBAL)
    set_target_properties(weft_utf8proc PROPERTIES IMPORTED_LOCATION "${UTF8PROC_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${UTF8PROC_INCLUDE_DIR}")
    message(STATUS "weft: utf8proc from ${UTF8PROC_LIBRARY}")
  elseif(WEFT_FETCH_DEPENDENCIES OR FETCHCONTENT_SOURCE_DIR_UTF8PROC)
    set(UTF8PROC_INSTALL OFF CACHE INTERNAL "")
    FetchContent_Declare(utf8proc GIT_REPOSITORY https://github.com/JuliaStrings/utf8proc GIT_TAG v2.8.0 GIT_SHALLOW ON)
    FetchContent_MakeAvailable(utf8proc)
    add_library(weft_utf8proc ALIAS utf8proc)
    set_property(GLOBAL PROPERTY weft_fetched ON)
    message(STATUS "weft: utf8proc from ${utf8proc_SOURCE_DIR}")
  else()
    message(FATAL_ERROR "weft needs utf8proc, which was not found. Install it (Debian: libutf8proc-dev), point "
                        "CMAKE_PREFIX_PATH at it, or configure with -DWEFT_FETCH_DEPENDENCIES=ON.")
  endif()
endif()

# sentencepiece is optional, and never fetched: the component weft::sentencepiece exists where it is installed.
set(WEFT_SENTENCEPIECE AUTO CACHE STRING "The component weft::sentencepiece: ON, OFF, or AUTO where the library is found")
if(WEFT_SENTENCEPIECE AND NOT TARGET weft_sentencepiece_library)
  include("${CMAKE_CURRENT_LIST_DIR}/sentencepiece.cmake")
  weft_find_sentencepiece(weft_sentencepiece_library)
  if(TARGET weft_sentencepiece_library)
    message(STATUS "weft: sentencepiece was found, so there is a component weft::sentencepiece")
  elseif(WEFT_SENTENCEPIECE STREQUAL "AUTO")
    message(STATUS "weft: sentencepiece was not found, so there is no component weft::sentencepiece; spiece.model files "
                   "cannot be read (Debian: libsentencepiece-dev)")
  else()
    message(FATAL_ERROR "weft: WEFT_SENTENCEPIECE is ON, but sentencepiece was not found. Install it (Debian: "
                        "libsentencepiece-dev), point CMAKE_PREFIX_PATH at it, or leave WEFT_SENTENCEPIECE at AUTO.")
  endif()
endif()

# libzip likewise: the component weft::torch, which reads pytorch_model.bin. Its own CMake package asks for programs that
# Debian has elsewhere, so it is looked for by hand.
set(WEFT_TORCH AUTO CACHE STRING "The component weft::torch: ON, OFF, or AUTO where libzip is found")
if(WEFT_TORCH AND NOT TARGET weft_libzip)
  find_path(LIBZIP_INCLUDE_DIR zip.h)
  find_library(LIBZIP_LIBRARY zip)
  mark_as_advanced(LIBZIP_INCLUDE_DIR LIBZIP_LIBRARY)
  if(LIBZIP_INCLUDE_DIR AND LIBZIP_LIBRARY)
    add_library(weft_libzip UNKNOWN IMPORTED GLOBAL)
    set_target_properties(weft_libzip PROPERTIES IMPORTED_LOCATION "${LIBZIP_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${LIBZIP_INCLUDE_DIR}")
    message(STATUS "weft: libzip from ${LIBZIP_LIBRARY}")
  elseif(WEFT_TORCH STREQUAL "AUTO")
    message(STATUS "weft: libzip was not found, so there is no component weft::torch; pytorch_model.bin files cannot be "
                   "read (Debian: libzip-dev)")
  else()
    message(FATAL_ERROR "weft: WEFT_TORCH is ON, but libzip was not found. Install it (Debian: libzip-dev), point "
                        "CMAKE_PREFIX_PATH at it, or leave WEFT_TORCH at AUTO.")
  endif()
endif()

# xtensor is for tests and examples; who only installs weft has weft::xtensor where it is found.
if(WEFT_BUILD_TESTS OR WEFT_BUILD_EXAMPLES)
  weft_dependency(xtl xtl xtl/xtl_config.hpp
    REPOSITORY https://github.com/xtensor-stack/xtl TAG 0.7.5)
  weft_dependency(xtensor xtensor xtensor/xtensor.hpp
    REPOSITORY https://github.com/xtensor-stack/xtensor TAG 0.24.3)
elseif(weft_imports_by_name)
  find_package(xtensor QUIET GLOBAL)
  set(weft_xtensor xtensor)
elseif(TARGET xtensor)
  set(weft_xtensor xtensor)
else()
  set(weft_wanted xtensor)
  set(weft_wanted_target xtensor)
  add_subdirectory("${PROJECT_SOURCE_DIR}/cmake/found" "${PROJECT_BINARY_DIR}/found/xtensor" EXCLUDE_FROM_ALL)
  get_property(directories GLOBAL PROPERTY weft_directories_of_xtensor)
  if(directories)
    set(weft_xtensor weft_headers_of_xtensor)
    weft_headers(weft_headers_of_xtensor "${directories}")
  endif()
endif()
include("${CMAKE_CURRENT_LIST_DIR}/xsimd.cmake")
weft_mend_xsimd()
if(WEFT_BUILD_TESTS)
  weft_dependency(Catch2 Catch2::Catch2 catch2/catch.hpp
    REPOSITORY https://github.com/catchorg/Catch2 TAG v3.5.2)
endif()
if(WEFT_BUILD_BENCH)
  weft_dependency(benchmark benchmark::benchmark benchmark/benchmark.h
    REPOSITORY https://github.com/google/benchmark TAG v1.7.1
    OPTIONS BENCHMARK_ENABLE_TESTING=OFF BENCHMARK_ENABLE_INSTALL=OFF)
endif()

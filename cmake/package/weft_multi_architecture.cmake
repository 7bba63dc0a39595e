# weft_multi_architecture(<target> SOURCES <file>... EXPORTS <function>... [LIBRARIES <target>...]
#                         [ARCHITECTURES <name>...])
#
# Compiles the sources once for each architecture, from the oldest to the newest: names of -march, or "baseline" for no
# flag. By default x86-64-v2, x86-64-v3 and x86-64-v4, and elsewhere than on x86-64 baseline. What links <target> may write
#   #include <weft_architectures/<target>.hpp>
# and has <target>::module(), a weft::architecture_module: the library for this processor, loaded when first asked for.
# EXPORTS names the functions, declared extern "C", that it gives. The libraries are <target>.<architecture>.so in the
# folder of programs and belong beside the program that loads them. docs/how-to/run-on-your-architecture.md shows it.
#
# Each is a module of its own because a linker keeps one copy of an inline function, of the standard library's as well,
# which could be the newest architecture's. A version script keeps everything but EXPORTS inside its module: hidden
# visibility would not, since libstdc++ makes its own names visible.
function(weft_multi_architecture target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;EXPORTS;LIBRARIES;ARCHITECTURES")
  if(NOT target MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "weft_multi_architecture: \"${target}\" becomes the name of a C++ namespace, so it has to consist of lower-case letters, digits and _, beginning with a letter.")
  endif()
  if(NOT arg_SOURCES OR NOT arg_EXPORTS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weft_multi_architecture(${target}): SOURCES and EXPORTS are needed, LIBRARIES and ARCHITECTURES may follow; ${ARGN} was given.")
  endif()
  if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "weft_multi_architecture(${target}): libraries are chosen at start on Linux only; build the program once for each kind of processor.")
  endif()
  if(NOT arg_ARCHITECTURES)
    set(arg_ARCHITECTURES baseline)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
      set(arg_ARCHITECTURES x86-64-v2 x86-64-v3 x86-64-v4)
    endif()
  endif()

  set(folder "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(NOT folder)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  set(made "${CMAKE_CURRENT_BINARY_DIR}/weft_architectures.${target}")
  string(REPLACE ";" "; " exported "${arg_EXPORTS}")
  file(CONFIGURE OUTPUT "${made}/exports" CONTENT "{ global: ${exported}; local: *; };\n" @ONLY)
  add_library(${target} INTERFACE)
  foreach(architecture IN LISTS arg_ARCHITECTURES)
    if(NOT architecture MATCHES "^(baseline|x86-64(-v[234])?)$")
      message(FATAL_ERROR "weft_multi_architecture(${target}): there is no architecture ${architecture} that could be chosen at start; name baseline, x86-64, x86-64-v2, x86-64-v3 or x86-64-v4.")
    endif()
    set(module ${target}.${architecture})
    add_library(${module} MODULE ${arg_SOURCES})
    target_link_libraries(${module} PRIVATE ${arg_LIBRARIES})
    if(NOT architecture STREQUAL "baseline")
      target_compile_options(${module} PRIVATE -march=${architecture})
    endif()
    target_link_options(${module} PRIVATE "LINKER:--version-script=${made}/exports")
    set_target_properties(${module} PROPERTIES PREFIX "" SUFFIX ".so" LIBRARY_OUTPUT_DIRECTORY "${folder}"
                          LINK_DEPENDS "${made}/exports" CXX_VISIBILITY_PRESET default)
    add_dependencies(${target} ${module})
    list(APPEND quoted "\"${architecture}\"")
  endforeach()
  string(REPLACE ";" ", " quoted "${quoted}")
  file(CONFIGURE OUTPUT "${made}/weft_architectures/${target}.hpp" CONTENT "#pragma once
// Written by weft_multi_architecture().
#include <weft/simd/architecture_module.hpp>

namespace ${target} {

/// The library for this processor, or the one that $WEFT_ARCHITECTURE names. The first call throws weft::error where there
/// is none.
inline const weft::architecture_module& module() {
  static constexpr std::string_view built[] = {${quoted}};
  static const weft::architecture_module loaded(\"${target}\", built, reinterpret_cast<const void*>(&module));
  return loaded;
}

}  // namespace ${target}
" @ONLY)
  target_include_directories(${target} INTERFACE "${made}")
  target_link_libraries(${target} INTERFACE weft::weft ${CMAKE_DL_LIBS})
endfunction()

# weft_model(<target> <directory or config.json>)
#
# The type of a checkpoint, written when the project is built and again whenever config.json changes. Makes an interface
# library <target>; what links it may write
#   #include <weft_model/<target>.hpp>
# and has the struct <target>, the spec, and <target>_model: weft::model with the heads of the checkpoint's class, or
# weft::encoder where it names none. docs/how-to/make-a-type-from-a-checkpoint.md shows it.
#
# `weft type` writes the type: $WEFT_PROGRAM, weft's own target, or what is installed beside this file's package. Where
# there is none a small program is compiled that writes the same.
function(weft_model target where)
  if(NOT target MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "weft_model: \"${target}\" becomes the name of a C++ struct, so it has to consist of lower-case letters, digits and _, beginning with a letter.")
  endif()
  get_filename_component(configuration "${where}" ABSOLUTE)
  if(IS_DIRECTORY "${configuration}")
    string(APPEND configuration "/config.json")
  endif()
  if(NOT EXISTS "${configuration}")
    message(FATAL_ERROR "weft_model(${target}): ${configuration} does not exist; give a model's directory or its config.json.")
  endif()

  set(here "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
  if(WEFT_PROGRAM)
    if(NOT EXISTS "${WEFT_PROGRAM}")
      message(FATAL_ERROR "weft_model(${target}): WEFT_PROGRAM is ${WEFT_PROGRAM}, which does not exist; it names the program weft of this machine.")
    endif()
    set(program "${WEFT_PROGRAM}")
    set(made_by "${WEFT_PROGRAM}")
  elseif(CMAKE_CROSSCOMPILING)
    message(FATAL_ERROR "weft_model(${target}): when cross-compiling, the type has to be written by a program of this machine. Build or install weft here and set WEFT_PROGRAM to its program weft.")
  else()
    set(made_by weft_program)
    if(NOT TARGET weft_program)
      set(made_by weft_type_writer)
      if(NOT TARGET weft_type_writer)
        set(json nlohmann_json::nlohmann_json)
        if(TARGET weft_headers_of_nlohmann_json)
          set(json weft_headers_of_nlohmann_json)
        elseif(NOT TARGET ${json})
          find_package(nlohmann_json QUIET)
        endif()
        if(NOT TARGET ${json})
          message(FATAL_ERROR "weft_model(${target}): the program weft is not installed, and writing the type without it needs nlohmann-json, which was not found. Install weft's program and set WEFT_PROGRAM to it, or install nlohmann-json (Debian: nlohmann-json3-dev).")
        endif()
        add_executable(weft_type_writer EXCLUDE_FROM_ALL "${here}/write_type.cpp")
        target_link_libraries(weft_type_writer PRIVATE weft::weft ${json})
        if(NOT MSVC)
          target_compile_options(weft_type_writer PRIVATE -O0)  # it computes nothing
        endif()
      endif()
    endif()
    set(program "$<TARGET_FILE:${made_by}>")
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/weft_model.${target}")
  set(header "${folder}/weft_model/${target}.hpp")
  add_custom_command(OUTPUT "${header}"
                     COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=${program}" "-DCONFIGURATION=${configuration}" "-DNAME=${target}"
                             "-DHEADER=${header}" -P "${here}/write_model.cmake"
                     DEPENDS "${configuration}" "${here}/write_model.cmake" "${made_by}"
                     COMMENT "Writing the type of ${configuration}" VERBATIM)
  add_custom_target(${target}_header DEPENDS "${header}")
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_header)
  target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${folder}>")
  target_link_libraries(${target} INTERFACE weft::weft)
endfunction()

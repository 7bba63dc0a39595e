# Run by weft_model() at build time: PROGRAM type CONFIGURATION --name NAME, as the header HEADER.
execute_process(COMMAND "${PROGRAM}" type "${CONFIGURATION}" --name "${NAME}"
                OUTPUT_VARIABLE text ERROR_VARIABLE complaint RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  string(STRIP "${complaint}" complaint)
  message(FATAL_ERROR "${complaint} (${PROGRAM}: ${status})")
endif()
# The last line names the whole type.
if(NOT text MATCHES "struct ([A-Za-z0-9_]+)[ \n].*\n// (weft::[^\n]+)\n$")
  message(FATAL_ERROR "${PROGRAM} wrote no type; it is not the program weft of this version:\n${text}")
endif()
file(WRITE "${HEADER}" "#pragma once
// Written by weft_model(); it is written again when the configuration changes.
${text}#include <weft/head/model.hpp>

/// The whole model, with the heads of the checkpoint's class.
using ${CMAKE_MATCH_1}_model = ${CMAKE_MATCH_2};
")

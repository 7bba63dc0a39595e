# Makes every test of a program one of ctest's own. ctest reads this when it begins, not the build: nothing runs when a
# program is linked. WEFT_ROOM, WEFT_PROGRAM, WEFT_EMULATOR, WEFT_LABELS and WEFT_TIMEOUT are set by who includes it. The
# names are asked for once for each build of the program.
set(list "${WEFT_LISTS}/tests_of_${WEFT_ROOM}.cmake")
if(NOT EXISTS "${WEFT_PROGRAM}")
  add_test("${WEFT_ROOM}: not built" "${WEFT_PROGRAM}")
  set_tests_properties("${WEFT_ROOM}: not built" PROPERTIES LABELS "${WEFT_LABELS}")
  return()
endif()
if("${WEFT_PROGRAM}" IS_NEWER_THAN "${list}" OR "${CMAKE_CURRENT_LIST_FILE}" IS_NEWER_THAN "${list}")
  # Catch2 2 exits with the number of tests, so that the code says nothing; Catch2 3 has another option.
  execute_process(COMMAND ${WEFT_EMULATOR} "${WEFT_PROGRAM}" --list-test-names-only OUTPUT_VARIABLE names ERROR_QUIET)
  if(NOT names MATCHES "\n")
    execute_process(COMMAND ${WEFT_EMULATOR} "${WEFT_PROGRAM}" --list-tests --verbosity quiet OUTPUT_VARIABLE names ERROR_VARIABLE why)
  endif()
  if(NOT names MATCHES "\n")
    message(FATAL_ERROR "weft: ${WEFT_PROGRAM} lists no tests: ${why}")
  endif()
  set(text "")
  while(names MATCHES "^([^\n]+)\n+")  # no list of CMake's, to which a bracket or a semicolon in a name means something
    set(name "${CMAKE_MATCH_1}")
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(SUBSTRING "${names}" ${length} -1 names)
    string(REPLACE "\\" "\\\\" pattern "${name}")
    string(REGEX REPLACE "([],[*\"])" "\\\\\\1" pattern "${pattern}")
    string(APPEND text "add_test([==[${WEFT_ROOM}: ${name}]==] ${WEFT_EMULATOR} [==[${WEFT_PROGRAM}]==] [==[${pattern}]==])\n")
    string(APPEND text "set_tests_properties([==[${WEFT_ROOM}: ${name}]==] PROPERTIES LABELS \"${WEFT_LABELS}\""
                       " TIMEOUT ${WEFT_TIMEOUT} SKIP_REGULAR_EXPRESSION \"SKIPPED: \""
                       " FAIL_REGULAR_EXPRESSION \"No test cases matched\")\n")
  endwhile()
  file(WRITE "${list}" "${text}")
endif()
include("${list}")

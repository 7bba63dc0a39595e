# What users link. Every component is an interface: headers, and the libraries that they need.
function(weft_component name)
  add_library(weft_${name} INTERFACE)
  add_library(weft::${name} ALIAS weft_${name})
  set_target_properties(weft_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(weft_${name} INTERFACE ${ARGN})
endfunction()

weft_component(weft xsimd)
target_include_directories(weft_weft SYSTEM INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                           "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(weft_weft INTERFACE cxx_std_20)

weft_component(text weft_weft "$<BUILD_INTERFACE:weft_utf8proc>" "$<INSTALL_INTERFACE:weft::utf8proc>")
weft_component(io weft_text nlohmann_json::nlohmann_json)
if(TARGET weft_sentencepiece_library)
  weft_component(sentencepiece weft_text "$<BUILD_INTERFACE:weft_sentencepiece_library>"
                 "$<INSTALL_INTERFACE:weft::sentencepiece_library>")
endif()
if(TARGET weft_libzip)
  weft_component(torch weft_io "$<BUILD_INTERFACE:weft_libzip>" "$<INSTALL_INTERFACE:weft::libzip>")
endif()
if(TARGET xtensor)
  weft_component(xtensor weft_weft xtensor)
endif()

# Opt in, for the target that links it: this machine's instruction set and full optimisation.
weft_component(native weft_weft)
target_compile_options(weft_native INTERFACE -march=native "$<$<NOT:$<CONFIG:Debug>>:-O3>")

# weft's own targets: warnings are errors there, and the headers are not a system directory.
add_library(weft_development INTERFACE)
target_include_directories(weft_development BEFORE INTERFACE "${PROJECT_SOURCE_DIR}/include")
target_compile_options(weft_development INTERFACE -Wall -Wextra -Wshadow -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # g++ 12 warns of std::string's own code (GCC bugs 105329 and 105651)
  target_compile_options(weft_development INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
separate_arguments(weft_test_flags UNIX_COMMAND "${WEFT_TEST_FLAGS}")
target_compile_options(weft_development INTERFACE ${weft_test_flags})

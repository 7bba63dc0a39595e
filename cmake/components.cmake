# What users link. Every component is an interface: headers, and the libraries that they need. Where weft is not installed the
# components are imported, so that a project that contains weft may install a library that links them: it needs weft's package
# then, by name.
get_property(weft_fetched GLOBAL PROPERTY weft_fetched)
set(weft_is_installed OFF)
if(WEFT_INSTALL AND NOT weft_fetched)
  set(weft_is_installed ON)
endif()

function(weft_component name)
  if(weft_is_installed)
    add_library(weft_${name} INTERFACE)
    add_library(weft::${name} ALIAS weft_${name})
    set_target_properties(weft_${name} PROPERTIES EXPORT_NAME ${name})
    target_link_libraries(weft_${name} INTERFACE ${ARGN})
  else()
    add_library(weft::${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(weft::${name} INTERFACE ${ARGN})
  endif()
endfunction()

# The target of a component that is to be changed.
function(weft_target_of name out)
  if(weft_is_installed)
    set(${out} weft_${name} PARENT_SCOPE)
  else()
    set(${out} weft::${name} PARENT_SCOPE)
  endif()
endfunction()

# What a component links while weft is built, and what its package says.
function(weft_links out build_target installed_target)
  set(${out} "$<BUILD_INTERFACE:${build_target}>" "$<INSTALL_INTERFACE:${installed_target}>" PARENT_SCOPE)
endfunction()

# The package's own names, weft::xsimd and the like, are no targets here: what a project brings itself is not in weft's package.
weft_links(xsimd ${weft_xsimd} weft::xsimd)
weft_component(weft ${xsimd})
set_property(GLOBAL PROPERTY weft_is_contained ON)
weft_target_of(weft target)
target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
                           "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_compile_features(${target} INTERFACE cxx_std_20)

weft_links(utf8proc weft_utf8proc weft::utf8proc)
weft_component(text weft::weft ${utf8proc})
weft_links(json ${weft_nlohmann_json} weft::json)
weft_component(io weft::text ${json})
if(TARGET weft_sentencepiece_library)
  weft_links(sentencepiece weft_sentencepiece_library weft::sentencepiece_library)
  weft_component(sentencepiece weft::text ${sentencepiece})
endif()
if(TARGET weft_libzip)
  weft_links(libzip weft_libzip weft::libzip)
  weft_component(torch weft::io ${libzip})
endif()
if(TARGET "${weft_xtensor}")
  weft_links(xtensor ${weft_xtensor} weft::xtensor_library)
  weft_component(xtensor weft::weft ${xtensor})
endif()

# Opt in, for the target that links it: this machine's instruction set and full optimisation.
weft_component(native weft::weft)
weft_target_of(native target)
target_compile_options(${target} INTERFACE -march=native "$<$<NOT:$<CONFIG:Debug>>:-O3>")

# weft's own targets: warnings are errors there, and the headers are not a system directory.
add_library(weft_development INTERFACE)
target_include_directories(weft_development BEFORE INTERFACE "${PROJECT_SOURCE_DIR}/include")
target_compile_options(weft_development INTERFACE -Wall -Wextra -Wshadow -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # g++ 12 warns of std::string's own code (GCC bugs 105329 and 105651)
  target_compile_options(weft_development INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
separate_arguments(weft_test_flags UNIX_COMMAND "${WEFT_TEST_FLAGS}")
target_compile_options(weft_development INTERFACE ${weft_test_flags})

# Debian's CMake package of xsimd links xtl, which its package does not bring: without xtl every program would ask the linker
# for a library that does not exist, -lxtl. Headers are all that weft takes of xsimd, and those that it takes need no xtl.
function(weft_mend_xsimd)
  get_target_property(linked xsimd INTERFACE_LINK_LIBRARIES)
  if(linked AND "xtl" IN_LIST linked AND NOT TARGET xtl)
    find_package(xtl QUIET)
    if(NOT TARGET xtl)
      list(REMOVE_ITEM linked xtl)
      set_target_properties(xsimd PROPERTIES INTERFACE_LINK_LIBRARIES "${linked}")
    endif()
  endif()
endfunction()

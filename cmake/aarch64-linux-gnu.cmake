# 64-bit Arm from another Linux: Debian's cross compiler, and qemu to run one program at a time.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
# The host's header-only libraries serve; these keep their CMake packages in a folder of the host's architecture.
foreach(library xsimd xtensor)
  file(GLOB ${library}_DIR "/usr/lib/*-linux-gnu/cmake/${library}")
endforeach()
# utf8proc is compiled, and the host's is of no use. The rooms that are built here read no text, so none links it: this
# only keeps it from being fetched.
set(UTF8PROC_LIBRARY not-there-for-arm CACHE FILEPATH "")

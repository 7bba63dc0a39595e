#pragma once
// Linking counted_allocations.cpp replaces this program's operator new by one that counts.
#include <weft/base/index.hpp>

/// How many allocations the program has made.
weft::index allocations_so_far();

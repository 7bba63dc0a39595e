#pragma once
// Linking counted_allocations.cpp replaces this program's operator new by one that counts.
#include <weft/base/index.hpp>

/// How many allocations the program has made.
weft::index_t allocations_so_far();

/// Lets the allocation `number` (0: the next one) fail and all that follow, or, where `once`, that one alone.
void fail_allocation(weft::index_t number, bool once = false);
/// No allocation fails any more. Whether one has.
bool no_allocation_fails();

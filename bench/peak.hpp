#pragma once
// The peak is measured by the headers, since `weft bench` needs it where there is no bench/.
#include <weft/testing/peak.hpp>

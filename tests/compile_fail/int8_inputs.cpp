// says: more inputs than its numeric policy sums exactly \(int8: 65,536\)
// Sums of so many products of bytes do not fit 32 bits.
#include <weft/numeric/int8.hpp>

#ifdef RIGHT
using linear = weft::int8<>::linear<65536, 8, weft::simd::native>;
#else
using linear = weft::int8<>::linear<65537, 8, weft::simd::native>;
#endif
linear made;

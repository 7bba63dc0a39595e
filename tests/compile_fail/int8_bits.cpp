// says: int8 has weights of 8 bits or of 7
#include <weft/numeric/int8.hpp>

#ifdef RIGHT
weft::int8<7> made;
#else
weft::int8<6> made;
#endif

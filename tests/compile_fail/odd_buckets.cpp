// says: weft::logarithmic_buckets: wants an even number of buckets
// Half of the buckets are one distance each.
#include <weft/score/told_distances.hpp>

#ifdef RIGHT
template struct weft::logarithmic_buckets<256, 512>;
#else
template struct weft::logarithmic_buckets<255, 512>;
#endif

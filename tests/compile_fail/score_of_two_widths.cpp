// says: weft: a score whose `learnt` has a width wants queries and keys of rows of one width
// The table of distances is as wide as the rows that queries and keys are projected from.
#include <weft/mixer/attention.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/score/disentangled.hpp>

using mixer = weft::attention<weft::full, weft::disentangled<weft::position_terms{}, weft::clamped_distances<8>>>;
#ifdef RIGHT
constexpr weft::mixer_shape shape{16, 16, 8, 16, 2};
#else
constexpr weft::mixer_shape shape{8, 16, 8, 16, 2};
#endif
template struct mixer::bind<shape>;

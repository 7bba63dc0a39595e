// says: weft: a head of normed_linear reads weft::reads::first_token, or weft::reads::sequences_as_one
// lines: 25 65
// There is no classifier of a sequence's last row among ModernBERT's heads.
#include <weft/head/model.hpp>
#include <weft/head/normed_linear.hpp>
#include <weft/model/bert.hpp>

#ifdef RIGHT
using head = weft::normed_classification<weft::reads::sequences_as_one>;
#else
using head = weft::normed_classification<weft::reads::last_token>;
#endif

template class weft::basic_model<weft::simd::native, weft::bert_base, head>;

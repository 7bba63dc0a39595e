// says: Pooler is a head that writes one row for each sequence
// Classes of sequences from a head that writes a row for each token.
#include <weft/head/model.hpp>
#include <weft/head/pooler.hpp>
#include <weft/head/token_linear.hpp>
#include <weft/head/two_layers.hpp>
#include <weft/model/bert.hpp>

#ifdef RIGHT
using pooler = weft::pooler;
#else
using pooler = weft::question_answering;
#endif

template class weft::basic_model<weft::simd::native, weft::bert_base, weft::two_layer_classification<pooler, 16>>;

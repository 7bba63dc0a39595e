// says: weft::bilstm: a row is as wide as both directions
// Directions that do not make up a row.
#include <weft/encoder/encoder.hpp>
#include <weft/mixer/bilstm.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using mixer = weft::bilstm<384>;
#else
  using mixer = weft::bilstm<256>;
#endif
};

template class weft::encoder<my_bert>;

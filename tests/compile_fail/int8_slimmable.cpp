// says: multiplies parts of linears, and its numeric policy scales whole columns
// A part of a column has another largest weight.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/numeric/int8.hpp>

struct slim_bert : weft::bert_base {
#ifndef RIGHT
  static constexpr bool slimmable = true;
#endif
  using numeric = weft::int8<>;
};

template class weft::encoder<slim_bert>;

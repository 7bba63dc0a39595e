// says: no linear of this model has this name
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/numeric/int8.hpp>
#include <weft/numeric/keep_float32.hpp>

struct kept_bert : weft::bert_base {
#ifdef RIGHT
  using numeric = weft::keep_float32<weft::int8<>, "query", "layer.0.output">;
#else
  using numeric = weft::keep_float32<weft::int8<>, "query", "layer.0.ouptut">;
#endif
};

template class weft::encoder<kept_bert>;

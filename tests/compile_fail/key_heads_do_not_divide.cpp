// says: KeyHeads must divide the number of heads
// Three groups of four heads.
#include <weft/encoder/encoder.hpp>
#include <weft/mixer/grouped_query_attention.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
  static constexpr weft::model_shape shape{.width = 48, .heads = 4, .hidden = 32};
#ifdef RIGHT
  using mixer = weft::grouped_query_attention<2>;
#else
  using mixer = weft::grouped_query_attention<3>;
#endif
};

template class weft::encoder<my_bert>;

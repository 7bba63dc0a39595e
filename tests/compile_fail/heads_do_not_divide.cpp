// says: heads must divide the width|width % .*heads
// A spec whose heads do not divide its width.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct lopsided : weft::bert_base {
#ifdef RIGHT
  static constexpr weft::model_shape shape{.width = 768, .heads = 12, .hidden = 3072};
#else
  static constexpr weft::model_shape shape{.width = 768, .heads = 10, .hidden = 3072};
#endif
};

template class weft::encoder<lopsided>;

// says: weft::layers: a layout reads rows of another width than those before it write
// lines: 25 200
// Narrow layers before wide ones, without a layout that changes the width.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using layout = weft::layers<weft::repeated<2, weft::post_norm>, weft::post_norm>;
#else
  using layout = weft::layers<weft::repeated<2, weft::post_norm, 384>, weft::post_norm>;
#endif
};

template class weft::encoder<my_bert>;

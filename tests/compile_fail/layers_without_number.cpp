// says: weft::layers: every layout but the last says how many layers there are of it
// lines: 25 200
#include <weft/encoder/encoder.hpp>
#include <weft/layout/pre_norm.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using layout = weft::layers<weft::repeated<1, weft::pre_norm>, weft::post_norm>;
#else
  using layout = weft::layers<weft::pre_norm, weft::post_norm>;
#endif
};

template class weft::encoder<my_bert>;

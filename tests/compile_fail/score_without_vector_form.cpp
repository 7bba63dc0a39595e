// says: s\(at, many, many\)
// A score that takes one key only.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct halved {
#ifdef RIGHT
  auto operator()(const weft::score_site& at, auto, auto dot) const { return dot * (at.scale * 0.5f); }
#else
  float operator()(const weft::score_site& at, float, float dot) const { return dot * (at.scale * 0.5f); }
#endif
};

struct my_bert : weft::bert_base {
  using mixer = weft::attention<weft::full, halved>;
};

template class weft::encoder<my_bert>;

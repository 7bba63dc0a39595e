// says: position_policy
// A score where the policy of positions belongs.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/position/rotary.hpp>
#include <weft/score/alibi.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using mixer = weft::attention<weft::full, weft::alibi, true, weft::rotary<>>;
#else
  using mixer = weft::attention<weft::full, weft::scaled, true, weft::alibi>;
#endif
};

template class weft::encoder<my_bert>;

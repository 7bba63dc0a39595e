// says: weft: Spec::last needs `template <class Spec> struct bind`, as weft::final_norm has
// A norm alone is no part of its own.
#include <weft/encoder/encoder.hpp>
#include <weft/layout/final_norm.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using last = weft::final_norm<weft::layer_norm<>>;
#else
  using last = weft::layer_norm<>;
#endif
};

template class weft::encoder<my_bert>;

// says: weft: Spec::layout needs `template <class Spec> struct bind`
// A layout that is not bound to a spec.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct unbound {};

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using layout = weft::post_norm;
#else
  using layout = unbound;
#endif
};

template class weft::encoder<my_bert>;

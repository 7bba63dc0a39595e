// says: weft: Spec::mixer needs .template <mixer_shape S> struct bind
// A pattern where a mixer belongs.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using mixer = weft::attention<weft::full>;
#else
  using mixer = weft::full;
#endif
};

template class weft::encoder<my_bert>;

// says: weft::mixed_attention: Companion needs `template <companion_shape S> struct bind`
// lines: 25 40
// A mixer where mixed_attention wants a companion.
#include <weft/encoder/encoder.hpp>
#include <weft/model/convbert.hpp>

struct my_bert : weft::convbert_base {
#ifdef RIGHT
  using mixer = weft::mixed_attention<weft::full, weft::span_convolution<5>>;
#else
  using mixer = weft::mixed_attention<weft::full, weft::attention<>>;
#endif
};

template class weft::encoder<my_bert>;

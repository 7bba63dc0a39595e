// says: weft::light_convolution: the number of taps must be odd
// A convolution that has no middle.
#include <weft/encoder/encoder.hpp>
#include <weft/mixer/light_convolution.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using mixer = weft::light_convolution<5>;
#else
  using mixer = weft::light_convolution<4>;
#endif
};

template class weft::encoder<my_bert>;

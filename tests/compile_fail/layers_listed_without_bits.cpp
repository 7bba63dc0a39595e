// says: weft::listed_layers: wants a bit for each layer of the list
// lines: 25 75
// A list of no layers.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using which = weft::listed_layers<0b0110>;
#else
  using which = weft::listed_layers<0>;
#endif
  using mixer = weft::attention<weft::by_layer<which, weft::window<4>, weft::full>>;
};

template class weft::encoder<my_bert>;

// says: weft::per_layer: wants two patterns or two positions, and the header of their axis included
// lines: 35 75
// A pattern in some layers and a position in the others.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>
#include <weft/pattern/per_layer.hpp>
#include <weft/pattern/window.hpp>
#include <weft/position/per_layer.hpp>
#include <weft/position/rotary.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using pattern = weft::per_layer<3, weft::full, weft::window<4>>;
#else
  using pattern = weft::per_layer<3, weft::full, weft::rotary<>>;
#endif
  using mixer = weft::attention<pattern>;
};

template class weft::encoder<my_bert>;

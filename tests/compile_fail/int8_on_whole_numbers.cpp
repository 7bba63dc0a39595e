// says: parts on whole numbers and `numeric = weft::integer` go together
// Rows between I-BERT's parts are bytes, which int8 does not read.
#include <weft/encoder/encoder.hpp>
#include <weft/model/ibert.hpp>
#include <weft/numeric/int8.hpp>

struct whole_bert : weft::ibert_of<weft::ibert_numbers{.quant_mode = true}> {
#ifndef RIGHT
  using numeric = weft::int8<>;
#endif
};

template class weft::encoder<whole_bert>;

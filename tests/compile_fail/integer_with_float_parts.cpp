// says: embedding = integer_summed, mixer = integer_attention<>
// BERT's norm reads floats.
#include <weft/encoder/encoder.hpp>
#include <weft/model/ibert.hpp>

struct whole_bert : weft::ibert_of<weft::ibert_numbers{.quant_mode = true}> {
#ifndef RIGHT
  using norm = weft::layer_norm<>;
#endif
};

template class weft::encoder<whole_bert>;

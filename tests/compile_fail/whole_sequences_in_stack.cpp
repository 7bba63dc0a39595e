// says: one that sees whole sequences
// Experts by the mean of a sequence in a stack that runs block by block of rows.
#include <weft/encoder/encoder.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/ffn/mixture_of_experts.hpp>
#include <weft/layout/stacked.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
  using feed_forward = weft::mixture_of_experts<weft::dense<>, weft::by_sentence_gate<>, 2>;
#ifndef RIGHT
  using layout = weft::stacked<2>;
#endif
};

template class weft::encoder<my_bert>;

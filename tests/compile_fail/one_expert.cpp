// says: weft::mixture_of_experts: wants 2 experts or more
// A mixture of one feed-forward.
#include <weft/encoder/encoder.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/ffn/mixture_of_experts.hpp>
#include <weft/model/bert.hpp>

struct my_bert : weft::bert_base {
#ifdef RIGHT
  using feed_forward = weft::mixture_of_experts<weft::dense<>, weft::by_gate, 2>;
#else
  using feed_forward = weft::mixture_of_experts<weft::dense<>, weft::by_gate, 1>;
#endif
};

template class weft::encoder<my_bert>;

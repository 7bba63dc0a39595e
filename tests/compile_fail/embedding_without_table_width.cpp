// says: weft: Spec::embedding::bind<Spec> needs `static constexpr index_t table_width`
// lines: 25 45
// A head that multiplies with the word table, beside an embedding that does not say how wide it is.
#include <weft/head/model.hpp>
#include <weft/model/electra.hpp>

struct plain {
  template <class Spec>
  struct bind {
#ifdef RIGHT
    static constexpr weft::index_t table_width = 128;
#endif
    void forward(const auto&, weft::rows<float, Spec::shape.width>, const weft::context&) const {}
  };
};

struct my_bert : weft::electra_small {
  using embedding = plain;
};

template class weft::basic_model<weft::simd::native, my_bert, weft::generator_lm>;

// says: weft: Spec::layout::bind<Spec> needs `template <class Form> void forward
// A layout that is not given the context.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct still {
  template <class Spec>
  struct bind {
    static constexpr weft::index_t width = Spec::shape.width;
#ifdef RIGHT
    void forward(const auto&, weft::rows<const float, width>, weft::rows<float, width>, const weft::context&) const {}
#else
    void forward(const auto&, weft::rows<const float, width>, weft::rows<float, width>) const {}
#endif
  };
};

struct my_bert : weft::bert_base {
  using layout = still;
};

template class weft::encoder<my_bert>;

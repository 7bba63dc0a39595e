// says: weft: Spec::embedding::bind<Spec> needs `template <class Form> void forward
// An embedding that is not given the context.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct still {
  template <class Spec>
  struct bind {
    static constexpr weft::index_t width = Spec::shape.width;
#ifdef RIGHT
    void forward(const auto&, weft::rows<float, width>, const weft::context&) const {}
#else
    void forward(const auto&, weft::rows<float, width>) const {}
#endif
  };
};

struct my_bert : weft::bert_base {
  using embedding = still;
};

template class weft::encoder<my_bert>;

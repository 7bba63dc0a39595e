// says: weft: a part that has parts as members names them in
// A mixer of two mixers that does not name them: they would be neither prepared nor given scratch.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct alternate {
  template <weft::mixer_shape S>
  struct bind {
    using inner = weft::attention<>::bind<S>;
    template <class Form>
    struct params {
      weft::weights<Form, inner> even, odd;
      static constexpr void each(auto&& f, auto&... p) { f("even", p.even...), f("odd", p.odd...); }
    };
    weft::index_t every = 2;
    [[no_unique_address]] inner even, odd;
#ifdef RIGHT
    static void parts(auto& self, const auto& f) { f(self.even), f(self.odd); }
#endif
    template <class Form>
    void forward(const params<Form>& p, const weft::streams<S>& x, weft::rows<float, S.output> y,
                 const auto& ctx) const {
      ctx.layer % every == 0 ? even.forward(p.even, x, y, ctx) : odd.forward(p.odd, x, y, ctx);
    }
  };
};

struct my_bert : weft::bert_base {
  using mixer = alternate;
};

template class weft::encoder<my_bert>;

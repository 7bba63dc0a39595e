// says: weft: a part names its inner parts once, in the `each` of its params
// A mixer of two mixers that lists them beside its params.
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
#ifdef RIGHT
    [[no_unique_address]] params<weft::bound> parts;
#else
    [[no_unique_address]] inner even, odd;
    static void parts(auto& self, const auto& f) { f(self.even), f(self.odd); }
#endif
    template <class Form>
    void forward(const params<Form>& p, const weft::streams<S>& x, weft::rows<float, S.output> y,
                 const auto& ctx) const {
#ifdef RIGHT
      const auto& [even, odd] = parts;
#endif
      ctx.layer % every == 0 ? even.forward(p.even, x, y, ctx) : odd.forward(p.odd, x, y, ctx);
    }
  };
};

struct my_bert : weft::bert_base {
  using mixer = alternate;
};

template class weft::encoder<my_bert>;

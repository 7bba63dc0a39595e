// says: (no member named 'upp'|has no member named .upp.)
// A feed-forward that misspells one of its own parameters.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct plain {
  template <weft::row_shape S>
  struct bind {
    template <class Form>
    struct params {
      weft::linear<Form, S.width, S.width> up;
      static constexpr void each(auto&& f, auto&... p) { f("up", p.up...); }
    };
    template <class Form>
    void forward(const params<Form>& p, weft::rows<const float, S.width> x, weft::rows<float, S.width> y,
                 const weft::context& ctx) const {
#ifdef RIGHT
      p.up(x, y, ctx);
#else
      p.upp(x, y, ctx);
#endif
    }
  };
};

struct my_bert : weft::bert_base {
  using feed_forward = plain;
};

void run(const weft::encoder<my_bert>& encoder, const weft::batch& in, weft::row_buffer<768>& out,
         weft::workspace& work) {
  encoder.forward(in, out, work);
}

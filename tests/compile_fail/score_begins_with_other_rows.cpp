// says: a score's start that has a member `start_rows` needs
// lines: 25 50
// A score that begins all rows at once, but does not say how far apart they go.
#include <weft/encoder/encoder.hpp>
#include <weft/model/bert.hpp>

struct begun {
  void start(weft::index_t, const weft::key_step& keys, float* to) const { std::fill_n(to, keys.width, 0.0f); }
#ifdef RIGHT
  void start_rows(const weft::key_step& keys, float* to, weft::index_t) const { start(0, keys, to); }
#else
  void start_rows(const weft::key_step& keys, float* to) const { start(0, keys, to); }
#endif
};
struct begins {
  template <class Arch, weft::index_t HeadWidth>
  begun begin(const weft::score_site&, const weft::query_rows&) const {
    return {};
  }
  auto operator()(const weft::score_site& at, auto, auto dot) const { return dot * at.scale; }
};

struct my_bert : weft::bert_base {
  using mixer = weft::attention<weft::full, begins>;
};

template class weft::encoder<my_bert>;

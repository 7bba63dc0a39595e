#pragma once
#include <algorithm>
#include <weft/head/masked_lm.hpp>
#include <weft/head/table_lm.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The linear to words of a head's record: its own, or the table of words and a bias that it names.
template <index_t Width, class Record>
auto linear_to_words(const Record& r) {
  if constexpr (requires { r.word; }) {
    using form = std::conditional_t<std::is_const_v<std::remove_pointer_t<decltype(r.word.data)>>, raw, gradient>;
    stored_linear<form, Width, counted::vocabulary, true> one{};
    one.weight = r.word, one.bias = r.bias;
    return one;
  } else {
    return r.decoder;
  }
}

/// The way back through dense, activation, norm and the product with the word table. Kept are both sides of the
/// activation, and the norm's result. Nothing is dropped (reference: BertLMPredictionHead).
template <class Policy>
struct masked_lm_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width, table_width = part::table_width;
    using activation = typename Policy::activation;
    using norm = typename training_of<typename Spec::norm>::template bind<table_width>;
    using narrow = rows<const float, table_width>;
    struct kept {
      frame& from;
      rows<float, table_width> before{from}, hidden{from}, normed{from};
    };
    struct scratch {
      frame from;
      rows<float, table_width> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      return bytes_of<scratch>(e) + std::max({linear_backward_bytes<Arch>(part::outputs(s), e, workers),
                                              linear_backward_bytes<Arch>(table_width, e, workers),
                                              norm::template scratch_bytes<Arch>(e, workers)});
    }

    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept& k, rows<const float, width> x,
                        matrix<float> y, const training_context& ctx) {
      ready.transform(x, k.before, ctx);
      activate_rows<typename Form::arch, activation>(narrow(k.before), k.hidden, ctx);
      norm::template forward<Form>(head.parts.norm, ready.norm, k.hidden, k.normed, ctx);
      ready.decoder(narrow(k.normed), y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, width> x,
                         matrix<const float> dy, rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      linear_backward<Arch>(linear_to_words<table_width>(stored), linear_to_words<table_width>(gradients),
                            narrow(k.normed), dy, s.change, passed_on::written, ctx);
      norm::template backward<Form>(head.parts.norm, stored.norm, ready.norm, gradients.norm, narrow(k.hidden),
                                    narrow(s.change), s.change, ctx);
      multiply_rows_by_slope<Arch, activation>(narrow(k.before), s.change, ctx);
      linear_backward<Arch>(stored.transform, gradients.transform, x, narrow(s.change), dx, passed_on::written, ctx);
    }
  };
};
}  // namespace detail

template <class Activation>
struct training_of<masked_lm<Activation>> : detail::masked_lm_training<masked_lm<Activation>> {};
template <class Activation>
struct training_of<factorised_lm<Activation>> : detail::masked_lm_training<factorised_lm<Activation>> {};
template <>
struct training_of<generator_lm> : detail::masked_lm_training<generator_lm> {};
template <class Activation, bool Legacy>
struct training_of<table_lm<Activation, Legacy>> : detail::masked_lm_training<table_lm<Activation, Legacy>> {};

}  // namespace weft

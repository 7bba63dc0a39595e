#pragma once
#include <weft/concept/head.hpp>
#include <weft/kernel/activation.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
template <class Name, class Activation = hyperbolic_tangent>
struct pooler {
  using pooler_activation = Activation;

  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::first_token;
    static constexpr index_t outputs(const sizes&) { return width; }

    template <class Form>
    struct params {
      linear<Form, width, width> dense;
      static constexpr void each(auto&& f, auto&... p) { f(Name::dense, p.dense...); }
    };

    template <class Form>
    void forward(const params<Form>& p, rows<const float, width> x, matrix<float> y, const context& ctx) const {
      p.dense(x, y, ctx, Activation{});
    }
  };
};
struct pooler_name {
  static constexpr const char* dense = "pooler.dense";
};
struct top_pooler_name {
  static constexpr const char* dense = "/pooler.dense";
};
struct bare_pooler_name {
  static constexpr const char* dense = "pooler";
};
}  // namespace detail

/// BERT's pooler: a dense layer and tanh on each sequence's first row (reference: BertPooler). Writes [sequences,
/// width].
struct pooler : detail::pooler<detail::pooler_name> {};

/// BigBird's pooler: the same under another name (reference: BigBirdModel). Writes [sequences, width].
struct bare_pooler : detail::pooler<detail::bare_pooler_name> {};

/// DeBERTa's pooler: the same with another activation, beside the encoder instead of inside it (reference:
/// ContextPooler). Writes [sequences, width].
template <class Activation = gelu>
struct context_pooler : detail::pooler<detail::top_pooler_name, Activation> {};

/// Each sequence's first row as it is: MobileBERT's pooler where `classifier_activation` is false (reference:
/// MobileBertPooler). Writes [sequences, width].
struct first_token_pooler {
  template <class Spec>
  struct bind {
    static constexpr index_t width = Spec::shape.width;
    static constexpr auto reads_rows = reads::first_token;
    static constexpr index_t outputs(const sizes&) { return width; }

    void forward(const nothing&, rows<const float, width> x, matrix<float> y, const context&) const {
      for (index_t i = 0; i < x.count; ++i) std::copy_n(x.row(i), width, y.row(i));
    }
  };
};

}  // namespace weft

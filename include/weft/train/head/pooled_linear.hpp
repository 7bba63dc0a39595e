#pragma once
#include <algorithm>
#include <weft/head/pooled_linear.hpp>
#include <weft/train/ffn/dense.hpp>
#include <weft/train/linear.hpp>
#include <weft/train/training_of.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
/// The way back through dense and an activation. Kept are both sides of it.
template <class Policy>
struct pooler_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width;
    using activation = typename Policy::pooler_activation;
    struct kept {
      frame& from;
      rows<float, width> before{from}, pooled{from};
    };
    struct scratch {
      frame from;
      rows<float, width> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers) {
      return bytes_of<scratch>(e) + linear_backward_bytes<Arch>(width, e, workers);
    }

    /// The result is kept.
    template <class Form>
    static void forward(const part&, const weights<Form, part>& ready, const kept& k, rows<const float, width> x,
                        const training_context& ctx) {
      ready.dense(x, k.before, ctx);
      activate_rows<typename Form::arch, activation>(rows<const float, width>(k.before), k.pooled, ctx);
    }
    /// dx is written; dy is not changed.
    template <class Form>
    static void backward(const part&, const weights<raw, part>& stored, const weights<Form, part>&,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, width> x,
                         rows<const float, width> dy, rows<float, width> dx, const training_context& ctx) {
      using Arch = typename Form::arch;
      const scratch s{ctx.frame()};
      for (index_t i = 0; i < x.count; ++i) std::copy_n(dy.row(i), width, s.change.row(i));
      multiply_rows_by_slope<Arch, activation>(rows<const float, width>(k.before), s.change, ctx);
      linear_backward<Arch>(stored.dense, gradients.dense, x, rows<const float, width>(s.change), dx,
                            passed_on::written, ctx);
    }
  };
};

/// The way back through a pooler and a linear. Some of what is pooled is dropped (reference:
/// BertForSequenceClassification).
template <class Policy, class Pooler>
struct pooled_linear_training {
  template <class Spec>
  struct bind {
    using part = typename Policy::template bind<Spec>;
    static constexpr index_t width = part::width;
    using pool = typename training_of<Pooler>::template bind<Spec>;
    struct kept {
      frame& from;
      typename pool::kept pooled{from};
      rows<float, width> dropped{from};
    };
    struct scratch {
      frame from;
      rows<float, width> change{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent e, index_t workers, const sizes& s) {
      return bytes_of<scratch>(e) + std::max(linear_backward_bytes<Arch>(part::outputs(s), e, workers),
                                             pool::template scratch_bytes<Arch>(e, workers));
    }

    template <class Form>
    static void forward(const part& head, const weights<Form, part>& ready, const kept& k, rows<const float, width> x,
                        matrix<float> y, const training_context& ctx) {
      pool::template forward<Form>(head.parts.pooled, ready.pooled, k.pooled, x, ctx);
      for (index_t i = 0; i < x.count; ++i) std::copy_n(k.pooled.pooled.row(i), width, k.dropped.row(i));
      ctx.drop_rows(k.dropped, ctx.drop.head, dropout_place::head(0), true);
      ready.classifier(k.dropped, y, ctx);
    }
    /// dx is written.
    template <class Form>
    static void backward(const part& head, const weights<raw, part>& stored, const weights<Form, part>& ready,
                         const weights<gradient, part>& gradients, const kept& k, rows<const float, width> x,
                         matrix<const float> dy, rows<float, width> dx, const training_context& ctx) {
      const scratch s{ctx.frame()};
      linear_backward<typename Form::arch>(stored.classifier, gradients.classifier, rows<const float, width>(k.dropped),
                                           dy, s.change, passed_on::written, ctx);
      ctx.drop_rows(s.change, ctx.drop.head, dropout_place::head(0), true);
      pool::template backward<Form>(head.parts.pooled, stored.pooled, ready.pooled, gradients.pooled, k.pooled, x,
                                    rows<const float, width>(s.change), dx, ctx);
    }
  };
};
}  // namespace detail

template <>
struct training_of<pooler> : detail::pooler_training<pooler> {};
template <>
struct training_of<bare_pooler> : detail::pooler_training<bare_pooler> {};
template <class Activation>
struct training_of<context_pooler<Activation>> : detail::pooler_training<context_pooler<Activation>> {};

/// The row itself.
template <>
struct training_of<first_token_pooler> {
  template <class Spec>
  struct bind {
    using part = first_token_pooler::bind<Spec>;
    static constexpr index_t width = part::width;
    struct kept {
      frame& from;
      rows<float, width> pooled{from};
    };
    template <class Arch>
    static index_t scratch_bytes(extent, index_t) {
      return 0;
    }
    template <class Form>
    static void forward(const part&, const nothing&, const kept& k, rows<const float, width> x,
                        const training_context&) {
      for (index_t i = 0; i < x.count; ++i) std::copy_n(x.row(i), width, k.pooled.row(i));
    }
    template <class Form>
    static void backward(const part&, const nothing&, const nothing&, const nothing&, const kept&,
                         rows<const float, width>, rows<const float, width> dy, rows<float, width> dx,
                         const training_context&) {
      for (index_t i = 0; i < dy.count; ++i) std::copy_n(dy.row(i), width, dx.row(i));
    }
  };
};
template <class Pooler>
struct training_of<pooled_classification<Pooler>>
    : detail::pooled_linear_training<pooled_classification<Pooler>, Pooler> {};
template <class Pooler>
struct training_of<next_sentence<Pooler>> : detail::pooled_linear_training<next_sentence<Pooler>, Pooler> {};
template <class Pooler>
struct training_of<pooled_choice<Pooler>> : detail::pooled_linear_training<pooled_choice<Pooler>, Pooler> {};

}  // namespace weft

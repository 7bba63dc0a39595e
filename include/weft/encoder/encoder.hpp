#pragma once
#include <utility>
#include <weft/concept/numeric.hpp>
#include <weft/encoder/observer.hpp>
#include <weft/encoder/weighted_stack.hpp>
#include <weft/layout/layers.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
// The layout of a spec's layers, with the first one if it differs.
template <class Spec>
struct layout_in {
  using type = typename Spec::layout;
};
template <class Spec>
requires requires { typename Spec::first; }
struct layout_in<Spec> {
  using type = layers<repeated<1, typename Spec::first>, typename Spec::layout>;
};

// What an encoder is made of.
template <class Spec>
struct encoder_parts {
  using kinds = layers_of<Spec, typename layout_in<Spec>::type>;
  using embedding_spec =
      std::conditional_t<kinds::in == Spec::shape.width, Spec, with_layout<Spec, typename Spec::layout, kinds::in>>;
  using embedding = typename decltype(bind_embedding<embedding_spec>())::type;
  using stack = typename kinds::stack;
  using last = typename decltype(bind_last<Spec>())::type;
  static constexpr const char* layer_name = "encoder.layer";
  template <class Form>
  using layer_record = typename kinds::template record<Form>;
};
}  // namespace detail

/// An embedding, layers, and what the spec names as `last`, if anything. The layers are equal, each with weights of its
/// own unless they are shared (sizes::groups); or the spec's layout is `layers<...>`, or the first one is the spec's
/// `first`. Built once from a checkpoint's weights, const afterwards: several threads may run one encoder at once, each
/// with a workspace of its own.
template <encoder_spec Spec, class Arch = simd::native>
class encoder : public detail::weighted_stack<Spec, Arch, detail::encoder_parts<Spec>> {
  using base = detail::weighted_stack<Spec, Arch, detail::encoder_parts<Spec>>;
  using kinds = typename detail::encoder_parts<Spec>::kinds;
  using base::embed_, base::last_, base::sizes_, base::stack_, base::weights_;

 public:
  using base::width;
  using typename base::form, typename base::embedding;
  using layer = typename base::stack;
  static constexpr bool can_slim = requires {
    requires Spec::mixer::slimmable;
    requires Spec::feed_forward::slimmable;
  };
  static constexpr bool scales_columns = requires {
    requires detail::scales_columns<typename Spec::numeric::template format<simd::native>>;
  };
  static_assert(!is_slimmable<form> || !scales_columns,
                "weft: a spec that says `slimmable = true` multiplies parts of linears, and its numeric policy scales "
                "whole columns: write float32 or bfloat16 instead of int8");
  static_assert(!is_slimmable<form> || can_slim,
                "weft: a spec that says `slimmable = true` needs a mixer and a feed-forward of which a part can run, "
                "attention<...> and dense<...>");

  /// Packs the weights; the executor's workers share the layers. `store` may keep what the stored tensors point into
  /// alive; it becomes the encoder's.
  encoder(const typename base::template params<raw>& stored, const sizes& s, arena store = {}, executor run = {})
      : base(stored, s, std::move(store), run) {
    kinds::check(s);
  }

  /// Bytes of workspace for batches up to this extent, run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const {
    return bytes_of<scratch>(e) + this->inner_bytes(e, workers);
  }

  /// Hidden states of the last layer, one row a token: out is [batch.tokens(), width].
  /// Fails on ids, segments, lengths or tables outside the model, on an output of another size and on a workspace that
  /// is too small; `out` is then unchanged.
  template <class Observer = unobserved>
  void forward(const batch& in, rows<float, width> out, workspace& work, executor run = {},
               Observer&& observer = Observer{}) const {
    run_with(nullptr, in, out, work, run, observer);
  }

  /// The same by a part of a slimmable model, to the bits of a model that is no larger; what that part is is refused
  /// like a batch where it does not fit. Of layers of several kinds, those whose mixer or feed-forward cannot run in
  /// part, as weft::bilstm, stay whole.
  template <class Observer = unobserved>
  void forward(const active_size& active, const batch& in, rows<float, width> out, workspace& work, executor run = {},
               Observer&& observer = Observer{}) const {
    static_assert(
        is_slimmable<form> && kinds::one_width,
        "weft: only a part of a model whose spec says `static constexpr bool slimmable = true`, and whose layers "
        "are all as wide, can run");
    const auto refuse = [](const char* what, index_t found, index_t first, index_t last) {
      fail({.subject = "the active part of a model",
            .found = unit_string(what) + " " + decimal(found),
            .wanted = decimal(first) + " to " + decimal(last)});
    };
    if (active.heads < 0 || active.heads > Spec::shape.heads) refuse("heads", active.heads, 1, Spec::shape.heads);
    if (active.hidden < 0 || active.hidden > Spec::shape.hidden) refuse("hidden", active.hidden, 1, Spec::shape.hidden);
    for (index_t next = 0; const auto number : active.layers) {
      if (number < next || number >= sizes_.layers) refuse("layer", number, next, sizes_.layers - 1);
      next = number + 1;
    }
    run_with(&active, in, out, work, run, observer);
  }

  /// The last layer, with queries and residual of other rows than keys and values, all of them [batch.tokens(), width]
  /// and without overlap with `to`: for heads that run it again (concept/head.hpp). Needs last_layer_bytes() of the
  /// context's workspace. Fails where the layout has no such pass (layout/post_norm.hpp's forward_from).
  void run_last_layer(rows<const float, width> queries, rows<const float, width> keys, rows<float, width> to,
                      context at) const {
    kinds::each_layer(stack_, weights_.layers, sizes_, [&](const auto& one, const auto& weights, index_t number) {
      if (number != sizes_.layers - 1) return;
      at.layer = number;
      if constexpr (requires { one.forward_from(weights, queries, keys, to, at); })
        one.forward_from(weights, queries, keys, to, at);
      else
        fail({.subject = "the last layer",
              .found = "a layout that takes queries, keys and values of the same rows",
              .wanted = "one with forward_from, as post_norm, for this head"});
    });
  }
  index_t last_layer_bytes(extent e, index_t workers) const { return scratch_bytes(stack_, e, workers); }

 private:
  void run_with(const active_size* active, const batch& in, rows<float, width> out, workspace& work, executor run,
                auto& observer) const {
    check(in, sizes_);
    this->check_parts(in);
    if (out.count != in.tokens())
      fail({.subject = "the output of forward",
            .found = decimal(out.count) + " rows",
            .wanted = decimal(in.tokens()) + ", one for each token of the batch"});
    work.require(workspace_bytes(in.size(), run.workers()));
    frame kept(in.size(), work);
    context ctx{in, work, run};
    ctx.own = take_own<form>(kept, run.workers());
    ctx.active = active;
    using watching = std::remove_reference_t<decltype(observer)>;
    if constexpr (attention_observer<watching> || whole_observer<watching>)
      run_layers(out, observed_context<watching>{ctx, observer}, observer);
    else
      run_layers(out, ctx, observer);
  }

  // Layers write from one buffer into the other; `out` is one of them unless it is too narrow, or rows are no floats.
  using stream = stream_of<Spec>;
  static constexpr bool in_float = !on_whole_numbers<Spec>;
  static constexpr bool fits = kinds::widest == width && in_float;
  using buffer = rows<stream, kinds::widest>;
  struct scratch {
    frame from;
    buffer other{from}, wide{from, fits ? 0 : from.size.tokens};
  };

  // Whether a layer runs, and how many do.
  bool runs([[maybe_unused]] const context& ctx, [[maybe_unused]] index_t number) const {
    if constexpr (is_slimmable<form>)
      if (ctx.active && !ctx.active->layers.empty())
        return std::find(ctx.active->layers.begin(), ctx.active->layers.end(), number) != ctx.active->layers.end();
    return true;
  }
  index_t running([[maybe_unused]] const context& ctx) const {
    if constexpr (is_slimmable<form>)
      if (ctx.active && !ctx.active->layers.empty()) return ctx.active->layers.size();
    return sizes_.layers;
  }

  // Codes times their scale.
  static void write_floats(const auto& codes, double scale, rows<float, width> to, const context& at) {
    at.each_rows(codes.count, [&](index_t first, index_t last) {
      for (auto i = first; i < last; ++i)
        for (index_t c = 0; c < width; ++c) to.row(i)[c] = static_cast<float>(codes.row(i)[c] * scale);
    });
  }
  void run_layers(rows<float, width> out, auto at, auto& observer) const {
    const scratch s{at.frame()};
    buffer x = s.wide, y = s.other;
    if constexpr (fits) {
      x = out;
      if (running(at) % 2) std::swap(x, y);
    }
    const auto show_to = [](auto& watching, index_t level, auto hidden) {
      if constexpr (hidden_observer<std::remove_cvref_t<decltype(watching)>, decltype(hidden)::width>)
        watching.hidden(level, hidden);
    };
    const auto show = [&](index_t level, auto hidden, [[maybe_unused]] const auto& from) {
      if constexpr (in_float) {
        show_to(observer, level, hidden);
      } else if constexpr (hidden_observer<std::remove_cvref_t<decltype(observer)>, width>) {
        write_floats(hidden, from.ready.scale, out, at);
        show_to(observer, level, rows<const float, width>(out));
      }
    };
    embed_.forward(weights_.embed, x.template columns<0, kinds::in>(), at);
    show(0, rows<const stream, kinds::in>(x.template columns<0, kinds::in>()), weights_.embed);
    kinds::each_layer(stack_, weights_.layers, sizes_, [&](const auto& one, const auto& weights, index_t number) {
      using widths = detail::layer_widths<std::remove_cvref_t<decltype(one)>>;
      if (!runs(at, number)) return;
      at.layer = number;
      if constexpr (route_observer<std::remove_cvref_t<decltype(observer)>>)
        at.routes = observer.routes(number, out.count);
      const auto to = y.template columns<0, widths::out>();
      one.forward(weights, rows<const stream, widths::in>(x.template columns<0, widths::in>()), to, std::as_const(at));
      std::swap(x, y);
      show(number + 1, rows<const stream, widths::out>(to), weights);
    });
    const auto hidden = x.template columns<0, width>();
    if constexpr (!in_float) {
      const double scale = weights_.layers.empty() ? weights_.embed.ready.scale : weights_.layers.back().ready.scale;
      write_floats(rows<const stream, width>(hidden), scale, out, at);
    } else if constexpr (!std::is_same_v<typename base::last_part, nothing>) {
      last_.forward(weights_.last, rows<const float, width>(hidden), out, at);
      show(sizes_.layers + 1, rows<const float, width>(out), weights_.last);
    } else if constexpr (!fits) {
      at.each_rows(out.count, [&](index_t first, index_t last) {
        for (auto i = first; i < last; ++i) std::copy_n(hidden.row(i), width, out.row(i));
      });
    }
  }
};

}  // namespace weft

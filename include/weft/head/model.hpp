#pragma once
#include <array>
#include <tuple>
#include <type_traits>
#include <weft/base/unit_containers.hpp>
#include <weft/concept/head.hpp>
#include <weft/encoder/encoder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// An encoder and its heads on one architecture; most programs say `weft::model<Spec, Heads...>`.
template <class Arch, encoder_spec Spec, class... Heads>
class basic_model {
 public:
  using spec = Spec;
  using encoder_type = encoder<Spec, Arch>;
  using form = typename encoder_type::form;
  static constexpr index_t width = encoder_type::width, heads = sizeof...(Heads);
  template <std::size_t I>
  using head = typename std::tuple_element_t<I, std::tuple<Heads...>>::template bind<Spec>;
  template <std::size_t I>
  using head_policy = std::tuple_element_t<I, std::tuple<Heads...>>;
  static_assert(heads > 0, "weft::model needs a head; without one use weft::encoder<Spec>");
  static_assert((head_part<typename Heads::template bind<Spec>, form, width> && ...),
                "weft::model: every head needs `template <class Spec> struct bind` with `reads_rows`, `static index_t "
                "outputs(const sizes&)` and `template <class Form> void forward(const params<Form>&, rows<const float, "
                "Spec::shape.width>, matrix<float>, const context&) const`");

  static_assert((keeps_record_laws<typename Heads::template bind<Spec>>() && ...));

  template <class Form>
  struct params {
    weights<Form, encoder_type> body;
    std::tuple<weights<Form, typename Heads::template bind<Spec>>...> tops;
    static constexpr void each(auto&& f, auto&... p) {
      f(detail::prefix_of<Spec>(), p.body...);
      each_top(f, std::index_sequence_for<Heads...>{}, p...);
    }

   private:
    template <std::size_t... I>
    static constexpr void each_top(auto&& f, std::index_sequence<I...>, auto&... p) {
      const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) {
        f(detail::prefix_of<Spec>(), std::get<J>(p.tops)...);
      };
      (one(std::integral_constant<std::size_t, I>{}), ...);
    }
  };

  static constexpr std::string_view starting_name() { return ""; }  // its record spells the prefix itself

  basic_model(const params<raw>& stored, const sizes& s, arena store = {}, executor run = {})
      : encoder_(stored.body, s, std::move(store), run) {
    prepare_tops(stored.tops, std::index_sequence_for<Heads...>{});
    const setup tables{s.layers, s.positions, Spec::shape.heads};
    std::apply([&](auto&... h) { (set_up(h, tables, store_), ...); }, heads_);
  }

  const encoder_type& body() const { return encoder_; }
  /// Head I itself. One with choices made at run time (weft::pooled) is told of them before the model is shared.
  template <std::size_t I = 0>
  head<I>& top() {
    return std::get<I>(heads_);
  }
  template <std::size_t I = 0>
  const head<I>& top() const {
    return std::get<I>(heads_);
  }
  const sizes& limits() const { return encoder_.limits(); }
  index_t weight_bytes() const { return encoder_.weight_bytes() + store_.bytes(); }

  /// Rows and columns of head I's output for a batch.
  template <std::size_t I = 0>
  index_t output_rows(const batch& in) const {
    return writes_tokens(head<I>::reads_rows) ? in.tokens() : in.sequences();
  }
  template <std::size_t I = 0>
  index_t output_width() const {
    return std::get<I>(heads_).outputs(limits());
  }

  /// Bytes of workspace for batches up to this extent, run by that many workers.
  index_t workspace_bytes(extent e, index_t workers = 1) const {
    index_t inner = encoder_.workspace_bytes(e, workers);
    std::apply(
        [&](const auto&... h) {
          ((inner = std::max(inner, workers * own_bytes<form>() + head_bytes(h, e, workers))), ...);
          ((inner = std::max(inner, workers * own_bytes<form>() + states_bytes(h, e, workers))), ...);
        },
        heads_);
    return bytes_of<scratch>(e) + inner;
  }

  /// Runs the encoder and every head: outs[i] is [output_rows<i>(in), output_width<i>()]. A sequence of no tokens gives
  /// the head's answer to a row of zeros. Fails on what encoder::forward refuses, on tables of the batch that a head
  /// refuses and on an output of another shape, before anything is computed.
  template <class Observer = unobserved>
  void forward(const batch& in, const std::array<matrix<float>, sizeof...(Heads)>& outs, workspace& work,
               executor run = {}, Observer&& observer = Observer{}) const {
    run_all_heads(in, outs, work, run, observer);
  }
  /// The same by a part of a slimmable model; the heads stay whole.
  template <class Observer = unobserved>
  void forward(const active_size& active, const batch& in, const std::array<matrix<float>, sizeof...(Heads)>& outs,
               workspace& work, executor run = {}, Observer&& observer = Observer{}) const {
    run_all_heads(in, outs, work, run, observer, active);
  }

  template <class Observer = unobserved>
  requires(heads == 1) void forward(const batch& in, matrix<float> out, workspace& work, executor run = {},
                                    Observer&& observer = Observer{}) const {
    forward(in, std::array{out}, work, run, observer);
  }
  template <class Observer = unobserved>
  requires(heads == 1) void forward(const active_size& active, const batch& in, matrix<float> out, workspace& work,
                                    executor run = {}, Observer&& observer = Observer{}) const {
    forward(active, in, std::array{out}, work, run, observer);
  }

  /// Runs a head of every token at chosen rows alone, each of them once: out is [rows.size(), output_width()].
  void forward_at(const batch& in, list<const index_t> chosen, matrix<float> out, workspace& work,
                  executor run = {}) const requires(heads == 1 && head<0>::reads_rows == reads::every_token) {
    run_at(in, chosen, out, work, run);
  }
  /// The same by a part of a slimmable model. A template, so that `template class model<...>` of another asks for none.
  template <class Active = active_size>
  void forward_at(const Active& active, const batch& in, list<const index_t> chosen, matrix<float> out, workspace& work,
                  executor run = {}) const requires(heads == 1 && head<0>::reads_rows == reads::every_token) {
    run_at(in, chosen, out, work, run, active);
  }

 private:
  void run_at(const batch& in, list<const index_t> chosen, matrix<float> out, workspace& work, executor run,
              const auto&... active) const {
    check(in, limits());
    const auto refuse = [](const unit_string& found, const unit_string& wanted) {
      fail({.subject = "the chosen rows", .found = found, .wanted = wanted});
    };
    if (chosen.size() > in.tokens())
      refuse(decimal(chosen.size()), "at most one for each of the " + decimal(in.tokens()) + " tokens");
    for (const auto r : chosen)
      if (r < 0 || r >= in.tokens()) refuse("row " + decimal(r), "0 to " + decimal(in.tokens() - 1));
    check_heads(in);
    check_output<0>(out, chosen.size());
    work.require(workspace_bytes(in.size(), run.workers()));
    const scratch s{frame(in.size(), work)};
    unobserved nobody;
    const auto seen = run_encoder(in, s, work, run, nobody, active...);
    const auto hidden = rows_for<0>(seen, s, work, run, nobody);
    run_head<0>(seen, hidden, out, work, run, chosen.size(), [&](index_t i) { return chosen[i]; });
  }

  static constexpr bool decodes = (reads_before_last<typename Heads::template bind<Spec>> || ...);
  static constexpr bool derives = (derives_segments<typename Heads::template bind<Spec>> || ...);
  struct scratch {
    frame from;
    rows<float, width> hidden{from};
    // What the last layer reads, and what a head makes of it.
    rows<float, width> before{from, decodes ? from.size.tokens : 0}, states{from, decodes ? from.size.tokens : 0};
    std::int32_t* segments = from.template take<std::int32_t>(derives ? from.size.tokens : 0);
  };
  struct gathered {
    frame from;
    rows<float, width> chosen{from};
  };

  // Whole sequences are read where they are; every other choice of rows may be gathered first.
  template <class Head>
  static constexpr bool gathers = !reads_tokens(Head::reads_rows) || Head::reads_rows == reads::every_token;

  template <class Head>
  index_t head_bytes(const Head& h, extent e, index_t workers) const {
    const auto n = reads_tokens(Head::reads_rows) ? e.tokens : e.sequences;
    const extent read{n, std::min(n, e.longest), e.sequences};
    return (gathers<Head> ? bytes_of<gathered>(read) : 0) + head_scratch_bytes(h, limits(), read, workers);
  }

  // Of the passes through the last layer that a head asks for.
  template <class Head>
  index_t states_bytes(const Head& h, extent e, index_t workers) const {
    if constexpr (reads_before_last<Head>)
      return scratch_bytes(h, e, workers) + encoder_.last_layer_bytes(e, workers);
    else
      return 0;
  }
  template <std::size_t... I>
  void prepare_tops(const auto& stored, std::index_sequence<I...>) {
    const auto named = detail::standing_in_heads<form, typename Heads::template bind<Spec>...>(store_);
    (prepare(std::get<I>(stored), std::get<I>(tops_), limits(), store_), ...);
  }
  void run_all_heads(const batch& in, const std::array<matrix<float>, sizeof...(Heads)>& outs, workspace& work,
                     executor run, auto& observer, const auto&... active) const {
    check(in, limits());
    check_heads(in);
    check_outputs(in, outs, std::index_sequence_for<Heads...>{});
    work.require(workspace_bytes(in.size(), run.workers()));
    const scratch s{frame(in.size(), work)};
    const auto seen = run_encoder(in, s, work, run, observer, active...);
    run_heads(seen, s, outs, work, run, observer, std::index_sequence_for<Heads...>{});
  }
  // The batch as the heads see it: with segments that one of them knows where the caller gives none.
  batch run_encoder(const batch& in, const scratch& s, workspace& work, executor run, auto& observer,
                    const auto&... active) const {
    batch seen = in;
    if (in.segments.empty() && derive_segments_for<typename Heads::template bind<Spec>...>(in, s.segments))
      seen.segments = {s.segments, in.tokens()};
    if constexpr (decodes) {
      detail::keep_level<std::remove_reference_t<decltype(observer)>, width> keeping{observer, limits().layers - 1,
                                                                                     s.before};
      encoder_.forward(active..., seen, s.hidden, work, run, keeping);
    } else {
      encoder_.forward(active..., seen, s.hidden, work, run, observer);
    }
    return seen;
  }
  // What head I reads: the last layer's rows, or those that it makes itself.
  template <std::size_t I>
  rows<const float, width> rows_for(const batch& in, const scratch& s, workspace& work, executor run,
                                    auto& observer) const {
    if constexpr (reads_before_last<head<I>>) {
      frame kept(in.size(), work);
      context ctx{in, work, run, limits().layers, in.size()};
      ctx.own = take_own<form>(kept, run.workers());
      const auto layer = [this](rows<const float, width> queries, rows<const float, width> keys, rows<float, width> to,
                                const context& at) { encoder_.run_last_layer(queries, keys, to, at); };
      const auto show = [&]([[maybe_unused]] index_t step, [[maybe_unused]] rows<const float, width> x) {
        if constexpr (requires { observer.decoded(step, x); }) observer.decoded(step, x);
      };
      std::get<I>(heads_).states(std::get<I>(tops_), rows<const float, width>(s.before), s.states, ctx, layer, show);
      return s.states;
    } else {
      return s.hidden;
    }
  }
  template <std::size_t... I>
  void run_heads(const batch& in, const scratch& s, const std::array<matrix<float>, sizeof...(Heads)>& outs,
                 workspace& work, executor run, auto& observer, std::index_sequence<I...>) const {
    (run_all<I>(in, rows_for<I>(in, s, work, run, observer), outs[I], work, run), ...);
  }

  void check_heads(const batch& in) const {
    std::apply([&](const auto&... h) { (check_batch(h, in), ...); }, heads_);
  }
  template <std::size_t... I>
  void check_outputs(const batch& in, const std::array<matrix<float>, sizeof...(Heads)>& outs,
                     std::index_sequence<I...>) const {
    (check_output<I>(outs[I], output_rows<I>(in)), ...);
  }
  template <std::size_t I>
  void check_output(const matrix<float>& out, index_t count) const {
    if (out.count != count || out.width != output_width<I>())
      fail({.subject = "output " + decimal(I) + " of forward",
            .found = "[" + decimal(out.count) + ", " + decimal(out.width) + "]",
            .wanted = "[" + decimal(count) + ", " + decimal(output_width<I>()) + "]"});
  }

  template <std::size_t I>
  void run_all(const batch& in, rows<const float, width> hidden, matrix<float> out, workspace& work,
               executor run) const {
    constexpr auto kind = head<I>::reads_rows;
    if constexpr (reads_tokens(kind))
      run_on<I>(in, hidden, out, work, run, in.size());
    else
      run_head<I>(in, hidden, out, work, run, in.sequences(), [&](index_t i) { return row_read(kind, in, i); });
  }

  // Gathers the rows that the head reads, so that it sees nothing but rows.
  template <std::size_t I>
  void run_head(const batch& in, rows<const float, width> hidden, matrix<float> out, workspace& work, executor run,
                index_t count, const auto& row_of) const {
    const extent read{count, std::min(count, in.size().longest), in.sequences()};
    const gathered g{frame(read, work)};
    for (index_t i = 0; i < count; ++i) {
      const auto from = row_of(i);
      if (from >= 0)
        std::copy_n(hidden.row(from), width, g.chosen.row(i));
      else
        std::fill_n(g.chosen.row(i), width, 0.f);
    }
    run_on<I>(in, rows<const float, width>(g.chosen), out, work, run, read);
  }
  template <std::size_t I>
  void run_on(const batch& in, rows<const float, width> x, matrix<float> out, workspace& work, executor run,
              extent read) const {
    frame kept(read, work);
    context ctx{in, work, run, limits().layers, read};
    ctx.own = take_own<form>(kept, run.workers());
    std::get<I>(heads_).forward(std::get<I>(tops_), x, out, ctx);
  }

  encoder_type encoder_;
  arena store_;
  std::tuple<weights<form, typename Heads::template bind<Spec>>...> tops_{};
  std::tuple<typename Heads::template bind<Spec>...> heads_{};
};

template <encoder_spec Spec, class... Heads>
using model = basic_model<simd::native, Spec, Heads...>;

}  // namespace weft

#pragma once
// Where an encoder's time goes, part by part. The parts of a spec are replaced by timed ones that pass everything on;
// a spec that is not wrapped pays nothing.
#include <algorithm>
#include <string>
#include <weft/bench/stopwatch.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/kernel/activation.hpp>
#include <weft/mixer/mixed_attention.hpp>
#include <weft/numeric/panel_numeric.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

namespace detail {
template <class Numeric>
struct timed_numeric : Numeric {
  template <index_t In, index_t Out, class Arch>
  struct linear : Numeric::template linear<In, Out, Arch> {
    using base = typename Numeric::template linear<In, Out, Arch>;

    template <class Then = identity>
    void operator()(rows<const float, In> x, const auto& y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }
    template <class Then = identity, class Part = whole_linear>
    auto product(rows<const float, In> x, const auto& y, Then then = {}, Part part = {}) const {
      static const auto piece =
          piece_of("linear " + std::to_string(In) + " to " + (Out < 0 ? "a table" : std::to_string(Out)));
      const auto plain = base::product(x, y, then, part);
      const auto multiply = [plain, out = this->out](index_t row, index_t last_row, index_t panel, index_t last_panel,
                                                     const weights_ahead& after, task_memory own) {
        const in_stage timed(piece);
        if constexpr (requires { plain.multiply(row, last_row, panel, last_panel, after, own); })
          plain.multiply(row, last_row, panel, last_panel, after, own);
        else
          plain.multiply(row, last_row, panel, last_panel, after);
        const auto columns = std::min(last_panel * base::columns, out) - panel * base::columns;
        timed.count(2.0 * double(last_row - row) * double(columns) * double(In));
      };
      return weft::shared_product{plain.rows, plain.panels, plain.inputs, plain.step, multiply, plain.block};
    }
  };
};

template <class Norm>
struct timed_norm : Norm {
  template <index_t Width>
  struct bind : Norm::template bind<Width> {
    using base = typename Norm::template bind<Width>;
    void row(const auto& p, const float* x, float* y) const {
      static const auto piece = piece_of("norm");
      const in_stage timed(piece);
      base::row(p, x, y);
    }
    void row_of_sum(const auto& p, const float* x, const float* residual, float* y) const requires
        requires(const base& norm) {
      norm.row_of_sum(p, x, residual, y);
    }
    {
      static const auto piece = piece_of("norm");
      const in_stage timed(piece);
      base::row_of_sum(p, x, residual, y);
    }
  };
};

// A bound part whose forward is a stage.
template <class Part, part Which>
struct timed_part : Part {
  void forward(const auto& p, const auto&... rows_and_context) const {
    const in_stage timed(stage{Which, 0});
    Part::forward(p, rows_and_context...);
  }
};

template <class Companion>
struct timed_companion : Companion {
  template <companion_shape S>
  using bind = timed_part<typename Companion::template bind<S>, part::companion>;
};
template <class Mixer>
struct with_timed_companion : Mixer {};
template <class Pattern, class Companion, class Ratio, class Score, class Position>
struct with_timed_companion<mixed_attention<Pattern, Companion, Ratio, Score, Position>>
    : mixed_attention<Pattern, timed_companion<Companion>, Ratio, Score, Position> {};

template <class Mixer>
struct timed_mixer : Mixer {
  template <mixer_shape S>
  using bind = timed_part<typename with_timed_companion<Mixer>::template bind<S>, part::mixer>;
};
template <class FeedForward>
struct timed_feed_forward : FeedForward {
  template <row_shape S>
  using bind = timed_part<typename FeedForward::template bind<S>, part::feed_forward>;
};
template <class Embedding>
struct timed_embedding : Embedding {
  template <class Spec>
  using bind = timed_part<typename Embedding::template bind<Spec>, part::embedding>;
};
}  // namespace detail

/// A spec with timed parts: the same parameters, the same bits.
template <class Spec>
struct timed : Spec {
  using embedding = detail::timed_embedding<typename Spec::embedding>;
  using mixer = detail::timed_mixer<typename Spec::mixer>;
  using feed_forward = detail::timed_feed_forward<typename Spec::feed_forward>;
  using norm = detail::timed_norm<typename Spec::norm>;
  using numeric = detail::timed_numeric<typename Spec::numeric>;
};

/// Where the time of forward passes went.
struct profile {
  struct row {
    part in;
    std::string what;
    double share = 0;  ///< of the time of all workers
    double gflop = 0;  ///< of one pass; 0 where operations are not counted
  };
  std::vector<row> rows;  ///< in the order of a pass; last what was no stage: workers that waited
  double ms = 0;          ///< of one pass, the mean
  index_t passes = 0;

  double share(part p) const {
    double sum = 0;
    for (const auto& r : rows) sum += r.in == p ? r.share : 0;
    return sum;
  }
};

/// One forward pass of an encoder<timed<Spec>>, seconds.
template <class Encoder>
double timed_pass(const Encoder& encoder, const batch& in, rows<float, Encoder::width> out, workspace& work,
                  timed_executor& run) {
  const double begin = seconds();
  {
    const in_stage layers(stage{part::layer, 0});
    encoder.forward(in, out, work, run.workers() > 1 ? executor(run) : executor());
  }
  return seconds() - begin;
}

/// What passes left since the last call of take_stage_sums: `spent` seconds and `spent_ticks` in all.
inline profile profile_of(double spent, double spent_ticks, index_t passes, index_t workers) {
  const auto sums = take_stage_sums();
  const auto names = piece_names();
  profile all{.rows = {}, .ms = spent / double(passes) * 1e3, .passes = passes};
  double rest = 1;
  for (std::size_t p = 1; p < part_count; ++p)
    for (std::size_t piece = 0; piece < names.size(); ++piece) {
      const auto number = stage{static_cast<part>(p), static_cast<std::uint8_t>(piece)}.number();
      const double share = sums.ticks[number] / (spent_ticks * double(workers));
      if (!(share > 0)) continue;
      all.rows.push_back({static_cast<part>(p), names[piece], share, sums.operations[number] / double(passes) * 1e-9});
      rest -= share;
    }
  all.rows.push_back({part::none, "", std::max(rest, 0.0), 0});
  return all;
}

/// Profiles at least seven forward passes of an encoder<timed<Spec>> that take about `span` seconds.
template <class Encoder>
profile profile_forward(const Encoder& encoder, const batch& in, executor run, double span) {
  row_buffer<Encoder::width> out(in.tokens());
  workspace work(encoder.workspace_bytes(in.size(), run.workers()));
  timed_executor timed_run(run);
  for (int warm = 0; warm < 2; ++warm) timed_pass(encoder, in, out, work, timed_run);
  take_stage_sums();
  double spent = 0, spent_ticks = 0;
  index_t passes = 0;
  for (; passes < 7 || spent < span; ++passes) {
    const auto begin = ticks();
    spent += timed_pass(encoder, in, out, work, timed_run);
    spent_ticks += static_cast<double>(ticks() - begin);
  }
  return profile_of(spent, spent_ticks, passes, run.workers());
}

}  // namespace weft::bench

#pragma once
// From a RoBERTa in floating point to I-BERT's on whole numbers: the ranges of all sites and the norms' shifts, found
// by running both over texts.
#include <cmath>
#include <map>
#include <memory>
#include <weft/embedding/integer_summed.hpp>
#include <weft/encoder/encoder.hpp>
#include <weft/ffn/dense.hpp>
#include <weft/ffn/integer_dense.hpp>
#include <weft/layout/integer_post_norm.hpp>
#include <weft/layout/post_norm.hpp>
#include <weft/mixer/attention.hpp>
#include <weft/mixer/integer_attention.hpp>
#include <weft/norm/integer_layer_norm.hpp>
#include <weft/numeric/float32.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// A spec of RoBERTa's kind on whole numbers.
template <class Spec>
struct on_integers : Spec {
  using embedding = integer_summed;
  using mixer = integer_attention<>;
  using feed_forward = integer_dense<>;
  using norm = integer_layer_norm<>;
  using layout = integer_post_norm;
  using numeric = integer;
};

/// Whether a spec is RoBERTa's composition in floating point, the one that has a twin on whole numbers.
template <class Spec>
inline constexpr bool has_integer_twin = std::is_same_v<typename Spec::embedding, summed_after_padding>&&
    std::is_same_v<typename Spec::mixer, attention<full>>&& std::is_same_v<typename Spec::feed_forward, dense<gelu>>&&
        std::is_same_v<typename Spec::layout, post_norm>&& std::is_same_v<typename Spec::numeric, float32>;

/// Finds what a checkpoint on whole numbers stores beside the weights: watch() every text, begin_shifts(), then
/// watch_shifts() every text; buffers() has the result by the names that parts have for it.
template <class Spec>
class calibration {
  static_assert(has_integer_twin<Spec>,
                "weft::calibration: only RoBERTa's composition has a twin on whole numbers: summed_after_padding, "
                "attention<full>, dense<gelu>, a layer norm, post_norm, float32");
  static constexpr index_t width = Spec::shape.width, heads = Spec::shape.heads, hidden = Spec::shape.hidden;
  using in_float = encoder<Spec>;
  using whole_encoder = encoder<on_integers<Spec>>;
  using norm_part = typename Spec::norm::template bind<width>;
  struct range {
    float low = 0, high = 0;
  };

 public:
  /// Of weights whose memory outlives this.
  calibration(const typename in_float::template params<raw>& stored, const sizes& s)
      : stored_(stored), sizes_(s), float_(stored, s) {}

  /// Widens the ranges by those of a batch: all but those of exponentials, which follow from others.
  void watch(const batch& in) {
    const auto& p = float_.prepared_weights();
    const auto n = in.tokens();
    workspace none(0);
    const context ctx{in, none};
    row_buffer<width> x(n), query(n), key(n), value(n), mixed(n), sum(n);
    row_buffer<hidden> inner(n);
    unit_vector<float> panels(static_cast<std::size_t>(key_panel_floats(width, in.size())));
    using fixed = rows<const float, width>;
    embed(p.embed, in, sum);
    const auto normalise = [&](const auto& weights, const unit_string& site, row_buffer<width>& to) {
      for (index_t i = 0; i < n; ++i) norm_part{}.row(weights, sum.row(i), to.row(i));
      widen(site + "output_activation", to);
    };
    normalise(p.embed.norm, "embeddings.", x);
    for (std::size_t l = 0; l < p.layers.size(); ++l) {
      const auto& layer = p.layers[l];
      const auto at = "encoder.layer." + decimal(static_cast<index_t>(l)) + ".", self = at + "attention.self.";
      layer.mix.query(fixed(x), query, ctx), widen(self + "query_activation", query);
      layer.mix.key(fixed(x), key, ctx), widen(self + "key_activation", key);
      layer.mix.value(fixed(x), value, ctx), widen(self + "value_activation", value);
      attend_heads<simd::native, heads, width>(full{}, scaled{}, fixed(query), fixed(key), fixed(value), panels.data(),
                                               rows<float, width>(mixed), ctx);
      widen(self + "output_activation", mixed);
      layer.mix.output(fixed(mixed), sum, ctx);
      add(x, sum);
      widen(at + "attention.output.ln_input_act", sum);
      normalise(layer.mix_norm, at + "attention.output.", x);
      widen(at + "pre_intermediate_act", x);
      layer.feed.up(fixed(x), inner, ctx, gelu{});
      widen(at + "intermediate.output_activation", inner), widen(at + "pre_output_act", inner);
      layer.feed.down(rows<const float, hidden>(inner), sum, ctx);
      add(x, sum);
      widen(at + "output.ln_input_act", sum);
      normalise(layer.feed_norm, at + "output.", x);
    }
  }

  /// Ends the ranges: exponentials' follow from the scales of scores, of whole numbers the largest is exp(0) always.
  /// Builds the model on whole numbers, without shifts.
  void begin_shifts() {
    const auto reach = [&](const unit_string& site) {
      const auto& r = ranges_.at(site);
      return detail::scale_reaching(static_cast<double>(std::max(std::abs(r.low), std::abs(r.high))), 8);
    };
    for (index_t l = 0; l < sizes_.layers; ++l) {
      const auto self = "encoder.layer." + decimal(l) + ".attention.self.";
      const auto query = self + "query_activation", key = self + "key_activation";
      const auto scale = [&] { return reach(query) * reach(key) / std::sqrt(static_cast<double>(width / heads)); };
      // Scores so small that i-softmax's constants would leave 63 bits hardly differ: fewer bits will do.
      constexpr double least = 2.1e-5;
      if (const double found = scale(); found < least)
        for (auto* const r : {&ranges_[query], &ranges_[key]}) {
          const auto wider = static_cast<float>(std::sqrt(least / found));
          r->low *= wider, r->high *= wider;
        }
      set_range(self + "softmax.act", 0,
                static_cast<float>(std::floor(1 / 0.35815147 / (scale() * scale())) * 1073741824.0));
    }
    for (const auto& [site, r] : ranges_) set_range(site, r.low, r.high);
    build();
  }

  /// Raises the norms' shifts so that sums of squares of a batch have 32 bits, and compares the last rows.
  void watch_shifts(const batch& in) {
    seen_sums found{*this, in.tokens(), {}};
    row_buffer<width> exact(in.tokens()), whole(in.tokens());
    workspace work(std::max(whole_->workspace_bytes(in.size()), float_.workspace_bytes(in.size())));
    whole_->forward(in, whole, work, {}, found);
    float_.forward(in, exact, work);
    for (const auto& [site, sums] : found.sums)
      for (index_t i = 0; i < in.tokens(); ++i) raise_shift(shifts_[site], sums.data() + i * width);
    for (index_t i = 0; i < in.tokens(); ++i) {
      double apart = 0, size = 0, other = 0, both = 0;
      for (index_t c = 0; c < width; ++c) {
        const double a = static_cast<double>(exact.row(i)[c]), b = static_cast<double>(whole.row(i)[c]);
        apart += (a - b) * (a - b), size += a * a, other += b * b, both += a * b;
      }
      apart_ += apart, size_ += size, cosines_ += both / std::sqrt(std::max(size * other, 1e-300));
    }
    rows_ += in.tokens();
  }

  /// x_min, x_max and act_scaling_factor of every site and every norm's shift, by their names without the family's
  /// prefix.
  const std::map<unit_string, float>& buffers() {
    for (const auto& [site, shift] : shifts_) values_[site] = static_cast<float>(shift);
    return values_;
  }
  /// The models that are compared; the twin from begin_shifts() on.
  const in_float& floating() const { return float_; }
  const whole_encoder& twin() const { return *whole_; }
  /// How far rows of the last layer are from those in floating point: of their size, and the mean of their cosines.
  /// Without shifts, whose rounding is smaller than that of 8 bits.
  double relative_error() const { return std::sqrt(apart_ / size_); }
  double cosine() const { return cosines_ / static_cast<double>(rows_); }
  index_t tokens() const { return rows_; }

 private:
  // Sees the rows that norms get.
  struct seen_sums {
    const calibration& of;
    index_t tokens;
    std::map<unit_string, unit_vector<std::int64_t>> sums;
    void whole(index_t layer, std::string_view site, index_t row, index_t column, std::int64_t value) {
      const auto at = layer < 0 ? unit_string() : "encoder.layer." + decimal(layer) + ".";
      unit_string norm;
      if (site == "embeddings.sum") norm = "embeddings.LayerNorm.shift";
      if (site == "attention_sum") norm = at + "attention.output.LayerNorm.shift";
      if (site == "feed_sum") norm = at + "output.LayerNorm.shift";
      if (norm.empty()) return;
      auto& all = sums[norm];
      all.resize(static_cast<std::size_t>(tokens * width));
      all[static_cast<std::size_t>(row * width + column)] = value;
    }
  };

  // The smallest shift, from this one on, with which a row's sum of squares is below 2^32.
  static void raise_shift(int& shift, const std::int64_t* row) {
    std::int64_t sum = 0;
    for (index_t c = 0; c < width; ++c) sum += row[c];
    const auto mean = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(sum) / static_cast<double>(width)));
    for (;; ++shift) {
      std::int64_t squares = 0;
      for (index_t c = 0; c < width; ++c) squares += ((row[c] - mean) >> shift) * ((row[c] - mean) >> shift);
      if (squares < std::int64_t{1} << 32) return;
    }
  }

  void embed(const auto& p, const batch& in, row_buffer<width>& sum) {
    for (index_t s = 0; s < in.sequences(); ++s) {
      index_t words = 0;
      for (auto i = in.first(s); i < in.first(s) + in.length(s); ++i) {
        const auto at = p.padding + (in.ids[i] == p.padding ? 0 : ++words);
        const index_t segment = in.segments.empty() ? 0 : in.segments[i];
        for (index_t c = 0; c < width; ++c)
          sum.row(i)[c] = p.word[in.ids[i] * width + c] + p.segment[segment * width + c];
        widen("embeddings.embeddings_act1", rows<const float, width>(sum).part(i, i + 1));
        for (index_t c = 0; c < width; ++c) sum.row(i)[c] += p.position[at * width + c];
      }
    }
    widen("embeddings.embeddings_act1", sum);
  }
  static void add(const row_buffer<width>& x, row_buffer<width>& to) {
    for (index_t i = 0; i < to.count() * width; ++i) to.data()[i] += x.data()[i];
  }
  template <index_t Width>
  void widen(const unit_string& site, rows<const float, Width> values) {
    auto& r = ranges_[site];
    for (index_t i = 0; i < values.count; ++i)
      for (index_t c = 0; c < Width; ++c)
        r.low = std::min(r.low, values.row(i)[c]), r.high = std::max(r.high, values.row(i)[c]);
  }
  template <index_t Width>
  void widen(const unit_string& site, const row_buffer<Width>& values) {
    widen(site, rows<const float, Width>(values));
  }
  void set_range(const unit_string& site, float low, float high) {
    const int bits = site == "embeddings.embeddings_act1" || site.ends_with("softmax.act") ? 16
                     : site.ends_with("ln_input_act")                                      ? 22
                                                                                           : 8;
    values_[site + ".x_min"] = low, values_[site + ".x_max"] = high;
    values_[site + ".act_scaling_factor"] =
        static_cast<float>(detail::scale_reaching(static_cast<double>(std::max(std::abs(low), std::abs(high))), bits));
  }
  // The record of the same weights with what was found beside them.
  void build() {
    std::map<unit_string, index_t> counts;
    std::map<unit_string, const float*> known;
    auto stored = stored_;
    walk(
        "",
        [&](const unit_string& name, const auto& leaf) {
          known[name] = leaf.data;
          if constexpr (requires { leaf.count; }) counts[name] = leaf.count;
        },
        0, stored);
    typename whole_encoder::template params<raw> record{};
    set_layers(record, sizes_.layers);
    walk(
        "",
        [&](const unit_string& name, auto& leaf) {
          const auto weight = known.find(name);
          if (weight == known.end() && name.ends_with(".shift")) shifts_[name] = 0;
          leaf.data = weight != known.end() ? weight->second : &values_[name];
          if constexpr (requires { leaf.count; }) leaf.count = counts.at(name);
        },
        0, record);
    whole_ = std::make_unique<whole_encoder>(record, sizes_);
  }

  typename in_float::template params<raw> stored_;
  sizes sizes_;
  in_float float_;
  std::unique_ptr<whole_encoder> whole_;
  std::map<unit_string, range> ranges_;
  std::map<unit_string, float> values_;
  std::map<unit_string, int> shifts_;
  double apart_ = 0, size_ = 0, cosines_ = 0;
  index_t rows_ = 0;
};

}  // namespace weft

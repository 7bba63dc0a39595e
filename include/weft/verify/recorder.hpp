#pragma once
// An observer that compares what passes with what was recorded.
#include <map>
#include <mutex>
#include <optional>
#include <weft/encoder/observer.hpp>
#include <weft/head/model.hpp>
#include <weft/verify/recorded_results.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

// Compares hidden states while they pass, and keeps the attention that was recorded.
class recorder {
 public:
  // `prefix` is what the recorded names begin with. `replaced` is a level that the reference reports behind the spec's
  // last part alone; -1: none. `projects`: level 1 is the reference's projection, which it does not count. `counts`:
  // levels are counted by layers that run.
  recorder(verification& recorded, const std::string& prefix, const std::string& number, index_t replaced,
           bool projects, bool counts)
      : recorded_(recorded),
        prefix_(prefix),
        number_(number),
        replaced_(replaced),
        projects_(projects),
        counts_(counts),
        layers_(recorded.attention_layers(number)),
        attention_(layers_) {
    if (prefix.empty())
      for (auto& site : recorded.whole_sites(number)) whole_[std::move(site)];
  }

  void hidden(index_t level, auto rows) {
    if (counts_) level = shown_++;
    if (level == replaced_) return;
    if (replaced_ >= 0 && level == replaced_ + 1) level = replaced_;
    const auto name = projects_ && level == 1
                          ? "projected" + number_
                          : "hidden" + number_ + "." + std::to_string(level - (projects_ && level > 1));
    if (!recorded_.has(prefix_ + name)) return;
    std::vector<float> values;  // rows of several widths lie in buffers of the widest
    for (index_t i = 0; i < rows.count; ++i) values.insert(values.end(), rows.row(i), rows.row(i) + rows.width);
    recorded_.compare(prefix_ + name, values.data(), rows.count * rows.width);
  }
  float* probabilities(index_t layer, index_t sequence, index_t head, index_t length) {
    return layers_.empty() || counts_ ? nullptr : attention_.probabilities(layer, sequence, head, length);
  }
  std::int32_t* routes(index_t layer, index_t tokens) {
    if (counts_ || !recorded_.has(route_name(layer))) return nullptr;
    return routes_[layer].assign(static_cast<std::size_t>(tokens), -1), routes_[layer].data();
  }
  // Workers show whole numbers at once, in any order.
  void whole(index_t layer, std::string_view site, index_t row, index_t column, std::int64_t value) {
    if (whole_.empty()) return;
    const auto name = (layer < 0 ? "" : std::to_string(layer) + ".") + std::string(site);
    const std::lock_guard one_worker(mutex_);
    if (const auto recorded = whole_.find(name); recorded != whole_.end())
      recorded->second.push_back({row, column, value});
  }
  // `tokens` of the text that was run.
  void finish(index_t tokens) {
    // A site of which nothing was shown is one that this type has not: verification::finish() says so.
    for (const auto& [site, numbers] : whole_)
      if (!numbers.empty()) recorded_.compare_whole("int" + number_ + "." + site, numbers, tokens);
    for (const auto& [layer, route] : routes_) recorded_.compare_integers(route_name(layer), route);
    if (!counts_) recorded_.compare_attention(number_, layers_, attention_);
  }

 private:
  std::string route_name(index_t layer) const { return "route" + number_ + "." + std::to_string(layer); }

  verification& recorded_;
  std::string prefix_, number_;
  index_t replaced_, shown_ = 0;
  bool projects_, counts_;
  std::vector<index_t> layers_;
  std::map<index_t, std::vector<std::int32_t>> routes_;
  observe_attention attention_;
  std::map<std::string, std::vector<whole_number>> whole_;  // of sites that were recorded
  std::mutex mutex_;
};

// The model with a family's pooler, made when a pooler's output is recorded, and with heads that no class has.
template <class Spec>
struct pooled_model {
  using type = nothing;
};
template <class Spec>
requires requires { typename Spec::tasks::pooled; }
struct pooled_model<Spec> {
  using type = std::optional<model<Spec, typename Spec::tasks::pooled>>;
};
template <class Spec>
using pooled_of = typename pooled_model<Spec>::type;
template <class Spec>
struct detecting_model {
  using type = nothing;
};
template <class Spec>
requires requires { requires Spec::tasks::replaced_token_detection::beside_encoder; }
struct detecting_model<Spec> {
  using type = std::optional<model<Spec, typename Spec::tasks::replaced_token_detection>>;
};
template <class Spec>
using detecting_of = typename detecting_model<Spec>::type;
template <class Spec>
struct decoding_model {
  using type = nothing;
};
template <class Spec>
requires requires { requires Spec::tasks::enhanced_masked_lm::template bind<Spec>::reads_before_last; }
struct decoding_model<Spec> {
  using type = std::optional<model<Spec, typename Spec::tasks::enhanced_masked_lm>>;
};
template <class Spec>
using decoding_of = typename decoding_model<Spec>::type;

// Compares the states of a head that runs layers while they pass.
struct decoding_recorder {
  verification& recorded;
  std::string number;
  void decoded(index_t step, auto rows) const {
    const auto name = "emd" + number + "." + std::to_string(step);
    if (recorded.has(name)) recorded.compare(name, rows.data, rows.count * rows.width);
  }
};

}  // namespace weft::detail

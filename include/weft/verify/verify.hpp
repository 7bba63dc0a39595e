#pragma once
// A model against recorded results: does this type, with these weights, compute what the reference computed?
#include <cstdio>
#include <ostream>
#include <tuple>
#include <weft/encoder/active.hpp>
#include <weft/encoder/rewire.hpp>
#include <weft/io/load.hpp>
#include <weft/verify/compare_copies.hpp>
#include <weft/verify/recorder.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// Whether the reference's hidden states end with what the spec's `last` writes, in place of the last layer's.
template <class Spec>
inline constexpr bool reports_last = requires {
  requires Spec::reports_last;
};

// Whether the first layer is a projection, which the reference records as such and does not count as a level.
template <class Spec>
inline constexpr bool reports_projection = requires {
  requires Spec::reports_projection;
};

// Whether only visible rows of a padded batch are compared, as the reference lets rows that see no visible key see all.
template <class Spec>
inline constexpr bool compares_visible_rows = requires {
  requires Spec::compares_visible_rows;
};

// The tokens of the longest text that was recorded.
inline index_t longest_of(const verification& recorded) {
  index_t most = 0;
  for (index_t i = 0; recorded.has("input_ids." + std::to_string(i)); ++i)
    most = std::max(most, recorded.sequence("." + std::to_string(i)).view().size().longest);
  if (recorded.has("padded.input_ids")) most = std::max(most, recorded.padded().view().size().longest);
  return most;
}

// Segments that were not recorded, where a head knows what the reference takes instead.
template <class Spec, class... Heads>
void add_segments(recorded_batch& b) {
  if (!b.segments.empty()) return;
  std::vector<std::int32_t> derived(b.ids.size());
  if (derive_segments_for<typename Heads::template bind<Spec>...>(b.view(), derived.data()))
    b.segments = std::move(derived);
}

// Every value that a model's head computes for a batch, of it all or of the part that runs.
template <class Model>
std::vector<float> watched_output(const Model& top, const batch& in, executor run, auto&& observer) {
  std::vector<float> values(static_cast<std::size_t>(top.output_rows(in) * top.output_width()));
  workspace work(top.workspace_bytes(in.size(), run.workers()));
  top.forward(in, matrix<float>{values.data(), top.output_rows(in), top.output_width()}, work, run, observer);
  return values;
}
template <class Model>
std::vector<float> head_output(const Model& top, const batch& in, executor run, const auto&... active) {
  std::vector<float> values(static_cast<std::size_t>(top.output_rows(in) * top.output_width()));
  workspace work(top.workspace_bytes(in.size(), run.workers()));
  top.forward(active..., in, matrix<float>{values.data(), top.output_rows(in), top.output_width()}, work, run);
  return values;
}

// A directory's weights as an encoder, and as a model with each of some heads.
template <class Spec, class... Heads>
struct verified_models {
  encoder<Spec> body;
  std::tuple<model<Spec, Heads>...> tops;
  [[no_unique_address]] pooled_of<Spec> pooled;
  [[no_unique_address]] detecting_of<Spec> detecting;
  [[no_unique_address]] decoding_of<Spec> decoding;
};

// What is recorded of a directory, compared with what its type computes.
template <class Spec, class... Heads>
class verifier {
 public:
  verifier(const std::filesystem::path& directory, executor run)
      : stored_(checkpoint::open(directory)), c_(configuration::read(directory)), recorded_(directory), run_(run) {
    any_.positions = longest_of(recorded_);
  }

  std::vector<verified_tensor> all() {
    auto models = load(as_stored_tensors{});
    compare_sequences("", models);
    compare_padded(models);
    if constexpr (is_slimmable<typename encoder<Spec>::form>) compare_variants(models);
    if constexpr (requires { Spec::split(c_.keys(), list<const float>()); }) compare_split();
    if constexpr (requires { typename Spec::without_factor; })
      if (recorded_.has("logits_without_factor.0")) compare_without_factor();
    return recorded_.finish();
  }

 private:
  using models_type = verified_models<Spec, Heads...>;
  // The encoder alone may read a tensor under a head's name.
  static auto ties() { return ties_of<Spec, Heads...>(); }

  models_type load(const auto& change) const {
    [[maybe_unused]] const auto change_body = [&](auto& record, arena& store) { change(record.body, store); };
    return {load_tied<Spec>(stored_, c_, ties(), any_, change),
            std::tuple<model<Spec, Heads>...>(load_tied<Spec, Heads>(stored_, c_, ties(), any_, change_body)...),
            {},
            {},
            {}};
  }

  // Every recorded sequence, by the model or by the part of it that is named, under names that begin with `prefix`.
  void compare_sequences(const std::string& prefix, models_type& models, const auto&... active) {
    for (index_t i = 0; recorded_.has("input_ids." + std::to_string(i)); ++i) {
      const auto number = "." + std::to_string(i);
      auto sequence = recorded_.sequence(number);
      add_segments<Spec, Heads...>(sequence);
      const auto in = sequence.view();
      const auto hidden = run_body(prefix, models.body, in, number, active...);
      if (recorded_.has(prefix + "last_hidden" + number))
        recorded_.compare(prefix + "last_hidden" + number, hidden.data(), hidden.count() * Spec::shape.width);

      [[maybe_unused]] index_t head_number = 0;
      [[maybe_unused]] const auto compare_head = [&](const auto& top) {
        const auto values = head_output(top, in, run_, active...);
        recorded_.compare_head(prefix, number, head_number++, values, top.output_width());
      };
      std::apply([&](const auto&... top) { (compare_head(top), ...); }, models.tops);
      compare_beside<detecting_of<Spec>>("rtd_logits" + number, in, models.detecting);
      compare_beside<decoding_of<Spec>>("emd_logits" + number, in, models.decoding);
      if constexpr (requires { typename Spec::tasks::pooled; }) {
        if (!recorded_.has(prefix + "pooler" + number)) continue;
        if (!models.pooled)
          models.pooled.emplace(load_tied<Spec, typename Spec::tasks::pooled>(stored_, c_, ties(), any_));
        const auto values = head_output(*models.pooled, in, run_, active...);
        recorded_.compare(prefix + "pooler" + number, values.data(), static_cast<index_t>(values.size()));
      }
    }
  }
  // A model with a head that no class has, made when its results are recorded.
  template <class Made>
  void compare_beside(const std::string& name, const batch& in, Made& top) {
    if constexpr (!std::is_same_v<Made, nothing>) {
      if (!recorded_.has(name)) return;
      if (!top)
        top.emplace(load_tied<Spec, typename Made::value_type::template head_policy<0>>(stored_, c_, ties(), any_));
      const auto values = watched_output(*top, in, run_, decoding_recorder{recorded_, name.substr(name.find('.'))});
      recorded_.compare(name, values.data(), static_cast<index_t>(values.size()));
    }
  }
  row_buffer<Spec::shape.width> run_body(const std::string& prefix, const encoder<Spec>& body, const batch& in,
                                         const std::string& number, const auto&... active) {
    row_buffer<Spec::shape.width> hidden(in.tokens());
    workspace work(body.workspace_bytes(in.size(), run_.workers()));
    recorder observer(recorded_, prefix, number, reports_last<Spec> ? body.limits().layers : -1,
                      reports_projection<Spec>, sizeof...(active) > 0);
    body.forward(active..., in, hidden, work, run_, observer);
    observer.finish(in.tokens());
    return hidden;
  }
  void compare_padded(const models_type& models) {
    if (!recorded_.has("padded.last_hidden")) return;
    const auto padded = recorded_.padded();
    auto hidden = run_body("", models.body, padded.view(), ".padded");
    if constexpr (compares_visible_rows<Spec>)
      recorded_.take_invisible("padded.last_hidden", padded.view(), {hidden.data(), hidden.count(), Spec::shape.width});
    recorded_.compare("padded.last_hidden", hidden.data(), hidden.count() * Spec::shape.width);
  }

  // Parts of a slimmable model, as it is and rewired by the recorded importance.
  void compare_variants(models_type& models) {
    each_variant("variant.", models);
    using layers = typename encoder<Spec>::template params<raw>;
    if constexpr (requires(layers & l) { requires rewirable<std::remove_cvref_t<decltype(l.layers[0])>>; }) {
      if (!recorded_.has("importance.heads")) return;
      const auto heads = recorded_.floats("importance.heads"), neurons = recorded_.floats("importance.neurons");
      auto rewired = load([&](auto& record, arena& store) {
        rewire<Spec>(record, heads, neurons, store);
        compare_rewired(record);
      });
      each_variant("rewired_variant.", rewired);
    }
  }
  void each_variant(const std::string& begin, models_type& models) {
    for (std::size_t k = 0; k < recorded_.variants().size(); ++k) {
      const auto& v = recorded_.variants()[k];
      const auto part = active::of(v.width, v.depth, models.body);
      const bool same = part.heads() == v.heads && part.hidden() == v.hidden &&
                        std::equal(v.layers.begin(), v.layers.end(), part.layers().begin(), part.layers().end());
      recorded_.results.push_back({begin + std::to_string(k), same ? 0. : 1., 0.5});
      compare_sequences(begin + std::to_string(k) + ".", models, active_size(part));
    }
  }
  void compare_rewired(auto& record) {
    walk(
        unit_string(encoder<Spec>::starting_name()),
        [&](const unit_string& name, const auto& leaf) {
          const auto recorded = "rewired." + std::string(spelt(name, names_of<Spec>()));
          const bool again = std::any_of(recorded_.results.begin(), recorded_.results.end(),
                                         [&](const auto& r) { return r.name == recorded; });
          if constexpr (std::is_same_v<decltype(leaf.data), const float*>)
            if (recorded_.has(recorded) && !again) recorded_.compare(recorded, leaf.data, leaf.size());
        },
        0, record);
  }
  // Which neurons experts copy, by the recorded importance of each layer, and that they are those of the weights that
  // were split.
  void compare_split() {
    arena store;
    auto size = sizes_of(c_);
    detail::compare_split<Spec>(recorded_, c_, read_tied<Spec>(stored_, c_, ties(), size, store, any_));
  }
  void compare_without_factor() {
    using other = typename Spec::without_factor;
    const auto compare = [&](const auto& top) {
      for (index_t i = 0; recorded_.has("logits_without_factor." + std::to_string(i)); ++i) {
        const auto sequence = recorded_.sequence("." + std::to_string(i));
        const auto values = head_output(top, sequence.view(), run_);
        recorded_.compare("logits_without_factor." + std::to_string(i), values.data(),
                          static_cast<index_t>(values.size()));
      }
    };
    (compare(load_tied<other, Heads>(stored_, c_, ties(), any_)), ...);
  }

  checkpoint stored_;
  configuration c_;
  verification recorded_;
  executor run_;
  load_options any_{.allow_nonfinite = true};
};

}  // namespace detail

/// Runs every recorded sequence of `directory` (config.json, weights, expected.safetensors) and compares: hidden states
/// of all levels, last hidden states, attention probabilities, pooler and head outputs, and the padded batch where one
/// is recorded; experts of rows (`route`), the whole numbers of a model that computes with nothing else (`int`), parts
/// of a slimmable model (`variant`), and such parts of its weights rewired by a recorded `importance`. Recorded random
/// blocks (`rand_attn`) are input for a type whose plan is given at run time. A recorded result that this type does not
/// compute counts as infinitely far off, and what is not finite is never within tolerance; weights that are not finite
/// are loaded all the same. `run` may have any number of workers.
template <class Spec, class... Heads>
std::vector<verified_tensor> verify(const std::filesystem::path& directory, executor run = {}) {
  return detail::verifier<Spec, Heads...>(directory, run).all();
}

namespace detail {
/// How many tolerances of a recorded result, 2e-5 of the largest value, a spec's numeric may be off: float32 one;
/// weights in bfloat16 4e-2 of the largest value, scaled bytes half of it, as the results of other engines' are judged.
template <class Spec>
constexpr double tolerances_of() {
  using format = typename Spec::numeric::template format<simd::native>;
  if constexpr (std::is_same_v<format, float_format<simd::native>>) return 1;
  return scales_columns<format> ? 25000 : 2000;
}
}  // namespace detail

/// verify() as a program: prints the largest error of each kind of tensor; 0 when all are within tolerance, that of
/// the spec's numeric, else 1.
/// Tensors that are not finite are named before.
template <class Spec, class... Heads>
int verify_and_print(const std::filesystem::path& directory, std::ostream& out) {
  const auto stored = checkpoint::open(directory);
  for (const auto& one : nonfinite_tensors(stored))
    out << "warning: " << detail::printable_whole(stored.file() + ": " + one) << '\n';
  auto results = verify<Spec, Heads...>(directory);
  for (auto& r : results)
    if (r.whole == 0) r.tolerance *= detail::tolerances_of<Spec>();
  bool all = !results.empty();
  index_t whole = 0, equal = 0;
  for (const auto& r : results) {
    if (r.whole > 0) {
      const auto same = r.whole - static_cast<index_t>(r.error);
      char line[256];
      std::snprintf(line, sizeof line, "%-28s  %td of %td equal  %s%s%s\n", detail::printable(r.name).c_str(), same,
                    r.whole, r.within() ? "within" : "DIFFERENT", r.within() ? "" : ", first at ", r.first.c_str());
      out << line;
      all = all && r.within();
      whole += r.whole, equal += same;
      continue;
    }
    char line[256];  // a name comes from a file
    std::snprintf(line, sizeof line, "%-28s  error %.2e  tolerance %.2e  %s\n", detail::printable(r.name).c_str(),
                  r.error, r.tolerance,
                  r.within()        ? "within"
                  : r.tolerance > 0 ? "PAST TOLERANCE"
                                    : "NOT COMPUTED by this model");
    out << line;
    all = all && r.within();
  }
  if (whole > 0) out << "whole numbers: " << equal << " of " << whole << " equal\n";
  if (results.empty())
    out << detail::printable_whole(directory.string()) << ": expected.safetensors has nothing to compare\n";
  return all ? 0 : 1;
}

}  // namespace weft

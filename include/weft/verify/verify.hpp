#pragma once
// A model against recorded results: does this type, with these weights, compute what the reference computed?
#include <cstdio>
#include <ostream>
#include <tuple>
#include <weft/io/load.hpp>
#include <weft/verify/recorded_results.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// Compares hidden states while they pass, and keeps the attention that was recorded.
class recorder {
 public:
  // `replaced` is a level that the reference reports behind the spec's last part alone; -1: none. `projects`: level 1
  // is the reference's projection, which it does not count.
  recorder(verification& recorded, const std::string& number, index_t replaced, bool projects = false)
      : recorded_(recorded),
        number_(number),
        replaced_(replaced),
        projects_(projects),
        layers_(recorded.attention_layers(number)),
        attention_(layers_) {}

  void hidden(index_t level, auto rows) {
    if (level == replaced_) return;
    if (replaced_ >= 0 && level == replaced_ + 1) level = replaced_;
    const auto name = projects_ && level == 1
                          ? "projected" + number_
                          : "hidden" + number_ + "." + std::to_string(level - (projects_ && level > 1));
    if (!recorded_.has(name)) return;
    std::vector<float> values;  // rows of several widths lie in buffers of the widest
    for (index_t i = 0; i < rows.count; ++i) values.insert(values.end(), rows.row(i), rows.row(i) + rows.width);
    recorded_.compare(name, values.data(), rows.count * rows.width);
  }
  float* probabilities(index_t layer, index_t sequence, index_t head, index_t length) {
    return layers_.empty() ? nullptr : attention_.probabilities(layer, sequence, head, length);
  }
  void finish() { recorded_.compare_attention(number_, layers_, attention_); }

 private:
  verification& recorded_;
  std::string number_;
  index_t replaced_;
  bool projects_;
  std::vector<index_t> layers_;
  observe_attention attention_;
};

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

// Every value that a model's head computes for a batch.
template <class Model>
std::vector<float> head_output(const Model& top, const batch& in, executor run) {
  std::vector<float> values(static_cast<std::size_t>(top.output_rows(in) * top.output_width()));
  workspace work(top.workspace_bytes(in.size(), run.workers()));
  top.forward(in, matrix<float>{values.data(), top.output_rows(in), top.output_width()}, work, run);
  return values;
}

// The model with a family's pooler, made when a pooler's output is recorded.
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

}  // namespace detail

/// Runs every recorded sequence of `directory` (config.json, weights, expected.safetensors) and compares: hidden states
/// of all levels, last hidden states, attention probabilities, pooler and head outputs, and the padded batch where one
/// is recorded. Recorded random blocks (`rand_attn`) are input for a type whose plan is given at run time. A recorded
/// result that this type does not compute counts as infinitely far off, and what is not finite is never within
/// tolerance; weights that are not finite are loaded all the same. `run` may have any number of workers.
template <class Spec, class... Heads>
std::vector<verified_tensor> verify(const std::filesystem::path& directory, executor run = {}) {
  constexpr index_t width = Spec::shape.width;
  const auto stored = checkpoint::open(directory);
  const auto c = configuration::read(directory);
  const auto ties = detail::ties_of<Spec, Heads...>();  // the encoder alone may read a tensor under a head's name
  detail::verification recorded(directory);
  const load_options any{.allow_nonfinite = true, .positions = detail::longest_of(recorded)};
  const auto body = detail::load_tied<Spec>(stored, c, ties, any);
  const std::tuple<model<Spec, Heads>...> tops(detail::load_tied<Spec, Heads>(stored, c, ties, any)...);
  [[maybe_unused]] detail::pooled_of<Spec> pooled;
  const auto run_body = [&](const batch& in, const std::string& number) {
    row_buffer<width> hidden(in.tokens());
    workspace work(body.workspace_bytes(in.size(), run.workers()));
    detail::recorder observer(recorded, number, detail::reports_last<Spec> ? body.limits().layers : -1,
                              detail::reports_projection<Spec>);
    body.forward(in, hidden, work, run, observer);
    observer.finish();
    return hidden;
  };
  for (index_t i = 0; recorded.has("input_ids." + std::to_string(i)); ++i) {
    const auto number = "." + std::to_string(i);
    auto sequence = recorded.sequence(number);
    detail::add_segments<Spec, Heads...>(sequence);
    const auto in = sequence.view();
    const auto hidden = run_body(in, number);
    if (recorded.has("last_hidden" + number))
      recorded.compare("last_hidden" + number, hidden.data(), hidden.count() * width);

    [[maybe_unused]] index_t head_number = 0;
    [[maybe_unused]] const auto compare_head = [&](const auto& top) {
      const auto values = detail::head_output(top, in, run);
      recorded.compare_head(number, head_number++, values, top.output_width());
    };
    std::apply([&](const auto&... top) { (compare_head(top), ...); }, tops);
    if constexpr (requires { typename Spec::tasks::pooled; }) {
      if (recorded.has("pooler" + number)) {
        if (!pooled) pooled.emplace(detail::load_tied<Spec, typename Spec::tasks::pooled>(stored, c, ties, any));
        const auto values = detail::head_output(*pooled, in, run);
        recorded.compare("pooler" + number, values.data(), static_cast<index_t>(values.size()));
      }
    }
  }
  if (recorded.has("padded.last_hidden")) {
    const auto padded = recorded.padded();
    auto hidden = run_body(padded.view(), ".padded");
    if constexpr (detail::compares_visible_rows<Spec>)
      recorded.take_invisible("padded.last_hidden", padded.view(), {hidden.data(), hidden.count(), width});
    recorded.compare("padded.last_hidden", hidden.data(), hidden.count() * width);
  }
  return recorded.finish();
}

/// verify() as a program: prints the largest error of each kind of tensor; 0 when all are within tolerance, else 1.
/// Tensors that are not finite are named before.
template <class Spec, class... Heads>
int verify_and_print(const std::filesystem::path& directory, std::ostream& out) {
  const auto stored = checkpoint::open(directory);
  for (const auto& one : nonfinite_tensors(stored))
    out << "warning: " << detail::printable_whole(stored.file() + ": " + one) << '\n';
  const auto results = verify<Spec, Heads...>(directory);
  bool all = !results.empty();
  for (const auto& r : results) {
    char line[256];  // a name comes from a file
    std::snprintf(line, sizeof line, "%-28s  error %.2e  tolerance %.2e  %s\n", detail::printable(r.name).c_str(),
                  r.error, r.tolerance,
                  r.within()        ? "within"
                  : r.tolerance > 0 ? "PAST TOLERANCE"
                                    : "NOT COMPUTED by this model");
    out << line;
    all = all && r.within();
  }
  if (results.empty())
    out << detail::printable_whole(directory.string()) << ": expected.safetensors has nothing to compare\n";
  return all ? 0 : 1;
}

}  // namespace weft

#pragma once
// Does a mixer stay inside its sequences, its output and its scratch memory, whatever the batch and the workers?
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>
#include <weft/base/finite.hpp>
#include <weft/concept/bind.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/testing/random_weights.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::testing {

/// How a mixer is judged.
struct mixer_trial {
  sizes model{.layers = 2, .vocabulary = 1, .positions = 200};
  std::vector<index_t> lengths{5, 1, 0, 37, 130, 33, 64};  ///< of the sequences of the batch
  index_t (*allocations)() = nullptr;  ///< how many allocations the program has made; null leaves that law out
};

/// A pool without threads that runs tasks backwards, on workers in turn: finds tasks that depend on one another and
/// scratch that workers share.
class scrambled_pool {
 public:
  explicit scrambled_pool(index_t workers) : workers_(workers) {}
  index_t workers() const { return workers_; }
  void for_each(index_t n, task t) const {
    while (n-- > 0) t(n, (n * 7 + 3) % workers_);
  }

 private:
  index_t workers_;
};

namespace detail {
template <class Policy, mixer_shape S>
class mixer_judge {
 public:
  explicit mixer_judge(const mixer_trial& trial) : trial_(trial) {
    fill_random(stored_.record, trial.model, 1, stored_.store, {.weights = 0.2, .biases = 0.2, .gains = 0.1});
    prepare(stored_.record, weights_, trial.model, stored_.store);
    set_up(mixer_, {trial.model.layers, trial.model.positions, S.heads}, stored_.store);
  }

  std::string judge() {
    std::vector<index_t> offsets{0};
    for (const auto length : trial_.lengths) offsets.push_back(offsets.back() + length);
    const auto tokens = offsets.back();
    random_source random(2);
    const auto draw = [&](index_t width) {
      std::vector<float> values(static_cast<std::size_t>(tokens * width));
      for (auto& v : values) v = static_cast<float>(random.normal());
      return values;
    };
    const inputs all{draw(S.query), draw(S.key), draw(S.value)};

    const auto together = run(offsets, all, {}, 0x00);
    if (!together.broken.empty()) return together.broken;
    if (auto law = state_and_output(offsets, all, together.out); !law.empty()) return law;
    for (const auto value : together.out)
      if (!is_finite(value)) return "a result is not a finite number";
    const auto same = [&](const outcome& other, const char* law) -> std::string {
      if (!other.broken.empty()) return other.broken;
      return same_bits(other.out, together.out) ? "" : law;
    };
    if (auto law = same(run(offsets, all, {}, 0xff), "what lay in the workspace before changes the result");
        !law.empty())
      return law;
    for (const index_t workers : {1, 2, 5}) {
      scrambled_pool pool(workers);
      if (auto law =
              same(run(offsets, all, pool, 0xff), "the number of workers or the order of tasks changes the result");
          !law.empty())
        return law + " (" + std::to_string(workers) + (workers == 1 ? " worker" : " workers") + ", tasks backwards)";
    }
    if (auto law = alone_and_reversed(offsets, all, together.out); !law.empty()) return law;
    if constexpr (!reads_invisible) {
      const inputs other{draw(S.query), draw(S.key), draw(S.value)};
      return visible_rows_only(offsets, all, other);
    }
    return "";
  }

 private:
  using mixer = typename Policy::template bind<S>;
  using form = prepared<float32, simd::native>;
  struct inputs {
    std::vector<float> query, key, value;
  };
  struct outcome {
    std::vector<float> out;
    std::string broken;
  };
  static constexpr index_t guard = 3 * S.output + 16;  // floats before and after the output
  static constexpr float untouched = 12345.0f, otherwise = -54321.0f;
  static bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }
  static constexpr bool reads_invisible = [] {
    if constexpr (requires { mixer::reads_invisible; })
      return mixer::reads_invisible;
    else
      return false;
  }();

  static bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
  }

  // The same pass once more, and into other memory: what is left of the output there was never written.
  std::string state_and_output(const std::vector<index_t>& offsets, const inputs& all,
                               const std::vector<float>& first) {
    const auto again = run(offsets, all, {}, 0x00);
    if (!again.broken.empty()) return again.broken;
    if (!same_bits(again.out, first)) return "the same batch gets another result the second time: forward keeps state";
    const auto elsewhere = run(offsets, all, {}, 0x00, {}, otherwise);
    if (!elsewhere.broken.empty()) return elsewhere.broken;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (same(first[i], elsewhere.out[i])) continue;
      const auto width = static_cast<std::size_t>(S.output);
      const auto place = "row " + std::to_string(i / width) + ", column " + std::to_string(i % width);
      return (same(first[i], untouched) && same(elsewhere.out[i], otherwise)
                  ? "forward does not write all of its output: "
                  : "what lay in the output before changes the result: ") +
             place;
    }
    return "";
  }

  // Of each sequence of some length, rows that are not visible (batch::visible) get other values: the visible rows'
  // bits must not change.
  std::string visible_rows_only(const std::vector<index_t>& offsets, const inputs& all, const inputs& other) {
    std::vector<index_t> visible;
    inputs changed = all;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
      const auto length = offsets[s + 1] - offsets[s];
      visible.push_back(s % 3 == 2 ? length : std::min(length, length / 2 + 1));
      const auto from = offsets[s] + visible.back();
      const auto change = [&](std::vector<float>& to, const std::vector<float>& with, index_t width) {
        std::copy(with.begin() + from * width, with.begin() + offsets[s + 1] * width, to.begin() + from * width);
      };
      change(changed.query, other.query, S.query);
      change(changed.key, other.key, S.key);
      change(changed.value, other.value, S.value);
    }
    const auto before = run(offsets, all, {}, 0xff, visible), after = run(offsets, changed, {}, 0xff, visible);
    if (!before.broken.empty() || !after.broken.empty()) return before.broken + after.broken;
    for (std::size_t s = 0; s < visible.size(); ++s)
      if (std::memcmp(before.out.data() + offsets[s] * S.output, after.out.data() + offsets[s] * S.output,
                      static_cast<std::size_t>(visible[s] * S.output) * sizeof(float)) != 0)
        return "rows behind the visible ones change the result (sequence " + std::to_string(s) + ", " +
               std::to_string(visible[s]) + " of " + std::to_string(offsets[s + 1] - offsets[s]) +
               " rows visible); read keys() rows of it, or say `static constexpr bool reads_invisible = true`";
    return "";
  }

  // Sequences moved to another batch must get the bits that they got together.
  std::string alone_and_reversed(const std::vector<index_t>& offsets, const inputs& all,
                                 const std::vector<float>& together) {
    const auto count = offsets.size() - 1;
    const auto part = [&](const std::vector<float>& from, index_t width, std::size_t s, std::vector<float>& to) {
      to.insert(to.end(), from.begin() + offsets[s] * width, from.begin() + offsets[s + 1] * width);
    };
    inputs reversed;
    std::vector<index_t> reversed_offsets{0};
    std::vector<float> expected;
    for (auto s = count; s-- > 0;) {
      inputs one;
      for (auto* to : {&one, &reversed}) {
        part(all.query, S.query, s, to->query);
        part(all.key, S.key, s, to->key);
        part(all.value, S.value, s, to->value);
      }
      std::vector<float> wanted;
      part(together, S.output, s, wanted);
      part(together, S.output, s, expected);
      const auto length = offsets[s + 1] - offsets[s];
      reversed_offsets.push_back(reversed_offsets.back() + length);
      const auto alone = run({0, length}, one, {}, 0xff);
      if (!alone.broken.empty()) return alone.broken;
      if (!same_bits(alone.out, wanted))
        return "a sequence's result depends on its neighbours in the batch (sequence " + std::to_string(s) + ", " +
               std::to_string(length) + " rows)";
    }
    const auto other = run(reversed_offsets, reversed, {}, 0xff);
    if (!other.broken.empty()) return other.broken;
    if (!same_bits(other.out, expected)) return "a sequence's result depends on its place in the batch";
    return "";
  }

  // One forward pass between guard bands, in a workspace of exactly the stated size that holds `before` in every byte.
  outcome run(const std::vector<index_t>& offsets, const inputs& x, executor pool, int before,
              const std::vector<index_t>& visible = {}, float in_output = untouched) {
    const std::vector<std::int32_t> ids(static_cast<std::size_t>(offsets.back()));
    const batch in{ids, {}, offsets, visible};
    const auto n = in.tokens();
    const auto stated = scratch_bytes(mixer_, in.size(), pool.workers());
    std::vector<float> out(static_cast<std::size_t>(n * S.output + 2 * guard), untouched);
    std::fill(out.begin() + guard, out.end() - guard, in_output);
    arena memory;
    const auto bytes = memory.take<std::byte>(stated + cache_line);
    std::memset(bytes.data(), before, static_cast<std::size_t>(bytes.size()));
    workspace work(bytes.data(), stated);
    const context ctx{in, work, pool, 1};
    const streams<S> streams_in{{x.query.data(), n}, {x.key.data(), n}, {x.value.data(), n}};

    const auto allocated = trial_.allocations ? trial_.allocations() : 0;
    try {
      mixer_.forward(weights_, streams_in, rows<float, S.output>{out.data() + guard, n}, ctx);
    } catch (const error& e) {
      return {{}, std::string("forward refused a workspace of the stated size: ") + e.what()};
    }
    const auto allocations = (trial_.allocations ? trial_.allocations() : 0) - allocated;

    outcome result{{out.begin() + guard, out.end() - guard}, ""};
    if (allocations != 0)
      result.broken =
          "forward allocated " + std::to_string(allocations) + " times; scratch memory belongs into `struct scratch`";
    for (index_t i = 0; i < guard; ++i)
      if (!same(out[static_cast<std::size_t>(i)], untouched) ||
          !same(out[out.size() - 1 - static_cast<std::size_t>(i)], untouched))
        result.broken = "forward wrote outside its output rows";
    for (auto i = stated; i < bytes.size(); ++i)
      if (bytes[i] != static_cast<std::byte>(before)) result.broken = "forward wrote beyond its scratch memory";
    if (n > 0 && result.broken.empty() && work.peak() != stated)
      result.broken = "scratch_bytes() states " + std::to_string(stated) + " bytes, forward took " +
                      std::to_string(work.peak()) + "; every inner part belongs into `parts`";
    if (result.broken.empty() && work.used() != 0) result.broken = "forward did not give its scratch memory back";
    return result;
  }

  const mixer_trial& trial_;
  random_record<weights<raw, mixer>> stored_;
  weights<form, mixer> weights_{};
  mixer mixer_{};
};
}  // namespace detail

/// Empty, or the first law that a mixer policy breaks when bound to S, in words. Random weights, random streams (three
/// different ones), ragged batches:
///   its parameters keep the laws of records (memory/record_laws.hpp)
///   it writes all of its output rows, its scratch memory and nothing else; what lay there before does not matter
///   it keeps nothing from one pass to the next
///   it takes the scratch memory that its declarations state, to the byte, gives it back, and allocates none
///   a sequence gets the same bits alone, among others, in any place, and with any number of workers
///   rows that are not visible (batch::visible) change nothing in those that are; a bound mixer that reads them, as the
///   reference's convolutions do, says `static constexpr bool reads_invisible = true`
template <class Policy, mixer_shape S>
std::string broken_mixer_law(const mixer_trial& trial = {}) {
  static_assert(
      forwards<typename Policy::template bind<S>, prepared<float32, simd::native>, streams<S>, rows<float, S.output>>,
      "weft: a mixer needs `template <mixer_shape S> struct bind` with `template <class Form> void forward(const "
      "params<Form>&, const streams<S>&, rows<float, S.output>, const context&) const`");
  if (const auto law = broken_record_law<typename Policy::template bind<S>>(); !law.empty()) return std::string(law);
  return detail::mixer_judge<Policy, S>(trial).judge();
}

}  // namespace weft::testing

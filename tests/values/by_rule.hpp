#pragma once
// Checkpoints and batches that follow from rules alone, so that another program can make the same ones, and the
// comparison with what such a program computed of them in double precision.
#include <array>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>
#include <weft/io/expected_parameters.hpp>

#include "catch.hpp"
#include "largest.hpp"

namespace weft_test {
using weft::index_t;

/// What the names of an encoder's tensors begin with: the model's prefix, or nothing, as bare encoders are saved. The
/// weights follow from the names, so that the two are different models.
enum class naming { prefixed, bare };

/// A configuration, and a checkpoint in memory with every tensor that the type and its heads ask of one.
struct checkpoint_by_rule {
  weft::configuration configuration;
  weft::checkpoint stored;
};
checkpoint_by_rule store_by_rule(const weft::configuration& c, const std::vector<weft::tensor_request>& wanted,
                                 naming names);
template <class Spec, class... Heads>
checkpoint_by_rule make_checkpoint(const std::string& keys, naming names = naming::prefixed) {
  const auto c = weft::configuration::parse("{" + keys + "}");
  return store_by_rule(c, weft::expected_parameters<Spec, Heads...>(c), names);
}

/// A batch that owns its tables.
struct owned_batch {
  std::vector<std::int32_t> ids, segments;
  std::vector<index_t> offsets{0}, visible;

  weft::batch view() const { return {ids, segments, offsets, visible}; }
  /// The first `count` tokens of sequence s, alone and without padding.
  owned_batch cut(index_t s, index_t count) const {
    const auto part = [&](const std::vector<std::int32_t>& all) {
      const auto from = all.begin() + (all.empty() ? 0 : offsets[static_cast<std::size_t>(s)]);
      return std::vector<std::int32_t>(from, all.empty() ? from : from + count);
    };
    return {part(ids), part(segments), {0, count}, {}};
  }
};

/// Two sequences of `length` tokens, of which the first real[s] are no padding: id (13 t + 29 s + 7 t^2) mod 92 + 5 at
/// place t, 0 for padding. Segments are 0.
inline owned_batch batch_by_rule(index_t length, std::array<index_t, 2> real) {
  owned_batch b;
  for (index_t s = 0; s < 2; ++s) {
    for (index_t t = 0; t < length; ++t)
      b.ids.push_back(t < real[static_cast<std::size_t>(s)]
                          ? static_cast<std::int32_t>((13 * t + 29 * s + 7 * t * t) % 92 + 5)
                          : 0);
    b.offsets.push_back(static_cast<index_t>(b.ids.size()));
  }
  b.segments.resize(b.ids.size());
  b.visible.assign(real.begin(), real.end());
  return b;
}

/// The batch of the small models: nine tokens, three of the second sequence padded; segment 1 from the sixth on.
inline owned_batch short_batch() {
  auto b = batch_by_rule(9, {9, 6});
  for (std::size_t i = 0; i < b.ids.size(); ++i) b.segments[i] = i % 9 >= 5 && b.ids[i] != 0;
  return b;
}

/// What a model computed: every level of hidden states, and what each head wrote.
struct results {
  std::vector<std::vector<float>> levels, heads;
  void hidden(index_t, auto rows) { levels.emplace_back(rows.data, rows.data + rows.count * rows.width); }
};

/// Loads the type and runs a batch.
template <class Spec, class... Heads>
results run(const checkpoint_by_rule& from, const weft::batch& in);
/// The same of a checkpoint that has the tensors of these heads alone.
template <class Spec, class... Heads>
results run(const std::string& keys, const weft::batch& in, naming names = naming::prefixed) {
  return run<Spec, Heads...>(make_checkpoint<Spec, Heads...>(keys, names), in);
}
template <class Spec, class... Heads>
results run(const checkpoint_by_rule& from, const weft::batch& in) {
  const auto model = weft::load<Spec, Heads...>(from.stored, from.configuration);
  weft::workspace work(model.workspace_bytes(in.size()));
  results found;
  if constexpr (sizeof...(Heads) == 0) {
    weft::row_buffer<Spec::shape.width> out(in.tokens());
    model.forward(in, out, work, {}, found);
  } else {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto take = [&](index_t rows, index_t columns) {
        found.heads.emplace_back(static_cast<std::size_t>(rows * columns));
        return weft::matrix<float>(found.heads.back().data(), rows, columns);
      };
      found.heads.reserve(sizeof...(I));
      const std::array outs{take(model.template output_rows<I>(in), model.template output_width<I>())...};
      model.forward(in, outs, work, {}, found);
    }
    (std::index_sequence_for<Heads...>{});
  }
  return found;
}

inline void check_number(double found, double wanted, double tolerance) {
  INFO("found " << found << ", wanted " << wanted);
  CHECK(std::abs(found - wanted) <= tolerance * std::max(1.0, std::abs(wanted)));
}

/// The sum of a tensor and the root of the sum of its squares.
inline void check_sums(const std::string& name, const std::vector<float>& found, std::size_t count, double sum,
                       double l2) {
  INFO(name);
  REQUIRE(found.size() == count);
  double found_sum = 0, squares = 0;
  for (const double v : found) found_sum += v, squares += v * v;
  check_number(found_sum, sum, 4e-5);
  check_number(std::sqrt(squares), l2, 4e-5);
}

/// Values of a tensor from place `first` on.
inline void check_values(const std::string& name, const std::vector<float>& found, index_t first,
                         std::initializer_list<double> wanted) {
  INFO(name);
  REQUIRE(found.size() >= static_cast<std::size_t>(first) + wanted.size());
  for (auto i = static_cast<std::size_t>(first); const double v : wanted) check_number(double{found[i++]}, v, 2e-5);
}

/// The first rows of the second of two equally long sequences.
inline std::vector<float> second(const std::vector<float>& both, std::size_t values) {
  const auto from = both.begin() + static_cast<std::ptrdiff_t>(both.size() / 2);
  return {from, from + static_cast<std::ptrdiff_t>(values)};
}

inline double farthest(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) weft_test::raise(most, std::abs(double{a[i]} - double{b[i]}));
  return most;
}

}  // namespace weft_test

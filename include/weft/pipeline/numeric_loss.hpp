#pragma once
// What a numeric policy adds to the output of each linear of a model, so that one can choose which linears stay in
// float32 (numeric/keep_float32.hpp).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <vector>
#include <weft/head/model.hpp>
#include <weft/io/hub_cache.hpp>
#include <weft/io/load.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/numeric/float32.hpp>
#include <weft/numeric/int8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Sums over all outputs of a linear, before an activation, of the same rows in float32.
struct linear_loss {
  std::string name;       ///< as parts have it: "encoder.layer.0.attention.self.query"
  double difference = 0;  ///< squares of what the numeric policy adds
  double size = 0;        ///< squares of the outputs in float32
  index_t rows = 0;

  /// The root of the mean square of what is added, over that of the output in float32.
  double relative() const {
    if (size > 0) return std::sqrt(difference / size);
    return difference > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
};

namespace detail {
// Linears say here what they lose: a model has no place for it, and this program measures one model at a time.
struct linear_losses {
  std::deque<linear_loss> found;
  std::deque<arena> stores;  // of the second weights
  static linear_losses& all() {
    static linear_losses one;
    return one;
  }
  // Linears that are stored as one share a name.
  linear_loss& of(const std::string& name) {
    for (auto& one : found)
      if (one.name == name) return one;
    found.emplace_back().name = name;
    return found.back();
  }
};

// float32, whose linears compute the same in Numeric, too, and compare; on one worker.
template <class Numeric>
struct compared_numeric : float32 {
  template <index_t In, index_t Out, class Arch>
  struct linear : float32::linear<In, Out, Arch> {
    using exact_linear = float32::linear<In, Out, Arch>;
    typename Numeric::template linear<In, Out, Arch> coded;
    linear_loss* loss = nullptr;

    void prepare(const auto& stored, const sizes& s, arena& store) {
      pack([&](index_t o, index_t i) { return stored(o, i); }, stored.bias_data(), resolve(Out, s), store);
    }
    void pack(const auto& weight, const float* stored_bias, index_t outputs, arena& store) {
      auto& all = linear_losses::all();
      exact_linear::pack(weight, stored_bias, outputs, store);
      coded.pack(weight, stored_bias, outputs, all.stores.emplace_back());
      loss = &all.of(std::string(store.place_name()));
    }

    template <class Then = identity>
    void operator()(rows<const float, In> x, const auto& y, const context& ctx, Then then = {}) const {
      share_products(ctx, product(x, y, then));
    }
    template <class Then = identity, class Part = whole_linear>
    auto product(rows<const float, In> x, const auto& y, Then then = {}, Part part = {}) const {
      compare(x);
      return exact_linear::product(x, y, then, part);
    }

   private:
    void compare(rows<const float, In> x) const {
      constexpr index_t own = Numeric::template own_bytes<Arch>;
      unit_vector<cache_line_bytes> memory(static_cast<std::size_t>(own / cache_line));
      const worker_memory of_worker{own > 0 ? memory.front().bytes : nullptr, own};
      const index_t outputs = this->out, some = 64;
      std::vector<float> in_float(static_cast<std::size_t>(some * outputs)), in_codes = in_float;
      for (index_t first = 0; first < x.count; first += some) {
        const auto part = x.part(first, std::min(first + some, x.count));
        share_products(executor(), exact_linear::product(part, matrix<float>{in_float.data(), part.count, outputs}));
        share_products(executor(), of_worker, coded.product(part, matrix<float>{in_codes.data(), part.count, outputs}));
        for (std::size_t i = 0; i < static_cast<std::size_t>(part.count * outputs); ++i) {
          const double exact = in_float[i], added = double{in_codes[i]} - exact;
          loss->difference += added * added, loss->size += exact * exact;
        }
      }
      loss->rows += x.count;
    }
    struct alignas(cache_line) cache_line_bytes {
      std::byte bytes[cache_line];
    };
  };
};
template <class Spec, class Numeric>
struct with_compared_numeric : Spec {
  using numeric = compared_numeric<Numeric>;
};
}  // namespace detail

/// What was compared.
struct numeric_loss_report {
  std::vector<linear_loss> linears;  ///< in the order in which a forward pass reads their weights
  index_t texts = 0, tokens = 0;
};

/// Runs the model of `from`, a directory, in float32 over the lines of `texts`, heads of its class included, and
/// computes every linear in Numeric, too, of the same rows. Longer texts are cut. Throws weft::error for a type that
/// computes in another numeric policy than float32, as one on whole numbers, and for a file without text.
template <class Numeric, class Spec, class... Heads>
numeric_loss_report numeric_losses(const std::filesystem::path& from, const std::filesystem::path& texts) {
  if constexpr (!std::is_same_v<typename Spec::numeric, float32>) {
    fail({.file = from.string(),
          .found = "a model that does not compute in float32: its type has a numeric policy of its own",
          .wanted = "a model in floating point, whose linears another policy may store"});
  } else {
    using spec = detail::with_compared_numeric<Spec, Numeric>;
    const auto at = resolve_model(from.string());
    const auto words = read_tokenizer(at);
    const auto file = mapped_file::open(texts);
    auto& all = detail::linear_losses::all();
    all = {};
    const auto model = load<spec, Heads...>(at);
    numeric_loss_report report;
    for (std::string_view left = file->text(); !left.empty();) {
      const auto end = std::min(left.find('\n'), left.size());
      auto text = left.substr(0, end);
      left.remove_prefix(std::min(end + 1, left.size()));
      if (text.ends_with('\r')) text.remove_suffix(1);
      if (text.empty()) continue;
      token_batch one;
      one.add(words.encode(text, truncation{.max_length = model.limits().longest()}).ids);
      const batch in = one;
      workspace work(model.workspace_bytes(in.size()));
      if constexpr (sizeof...(Heads) == 0) {
        row_buffer<Spec::shape.width> out(in.tokens());
        model.forward(in, out, work);
      } else {
        const auto run = [&]<std::size_t... I>(std::index_sequence<I...>) {
          std::vector<float> values[] = {std::vector<float>(
              static_cast<std::size_t>(model.template output_rows<I>(in) * model.template output_width<I>()))...};
          model.forward(in,
                        std::array{matrix<float>{values[I].data(), model.template output_rows<I>(in),
                                                 model.template output_width<I>()}...},
                        work);
        };
        run(std::index_sequence_for<Heads...>{});
      }
      ++report.texts, report.tokens += in.tokens();
    }
    if (report.texts == 0)
      fail(
          {.file = texts.string(), .found = "no text", .wanted = "a text a line, like those that the model will read"});
    report.linears.assign(all.found.begin(), all.found.end());
    return report;
  }
}

/// The same as a program: a line for each linear.
template <class Numeric, class Spec, class... Heads>
int numeric_losses_and_print(const std::filesystem::path& from, const std::filesystem::path& texts, std::ostream& out) {
  const auto report = numeric_losses<Numeric, Spec, Heads...>(from, texts);
  out << "added to the output of each linear, against its size in float32 (roots of mean squares), over "
      << report.texts << " texts, " << report.tokens << " tokens:\n";
  for (const auto& one : report.linears) {
    char line[256];
    if (one.rows > 0)
      std::snprintf(line, sizeof line, "%-64s  %.5f\n", one.name.c_str(), one.relative());
    else
      std::snprintf(line, sizeof line, "%-64s  not used by these texts\n", one.name.c_str());
    out << line;
  }
  return 0;
}

}  // namespace weft

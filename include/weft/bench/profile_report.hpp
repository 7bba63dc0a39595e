#pragma once
// A profile beside the machine's peak, as a table or as JSON. `weft bench --profile` compiles a program around this.
#include <weft/bench/bench.hpp>
#include <weft/bench/profile.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::bench {

inline const char* name_of(part p) {
  static constexpr const char* names[part_count] = {"", "embedding", "mixer", "companion", "feed-forward", "layer"};
  return names[static_cast<std::size_t>(p)];
}

/// What a part does besides its pieces.
inline const char* rest_of(part p) {
  static constexpr const char* names[part_count] = {"waiting",     "tables", "attention",
                                                    "convolution", "rest",   "residuals"};
  return names[static_cast<std::size_t>(p)];
}

/// Adds the operations that no linear counts: the mixer's attention, and what is left over, a companion's convolution.
inline void count_operations(profile& found, const arithmetic& counted, list<const index_t> lengths) {
  double attention = 0, left = operations(counted, lengths) * 1e-9;
  for (const index_t length : lengths) attention += 1e-9 * attention_operations(counted, length);
  left -= attention;
  for (const auto& row : found.rows) left -= row.gflop;
  for (auto& row : found.rows) {
    if (row.in == part::mixer && row.what.empty()) row.gflop = attention;
    if (row.in == part::companion && row.what.empty()) row.gflop = left;
  }
}

/// One object of JSON in one line; `model` is a JSON string, quotes included.
inline std::string json_line(const profile& found, const timing& plain, const std::string& model,
                             const std::string& work, index_t threads) {
  char text[300];
  std::snprintf(text, sizeof text,
                R"("threads": %td, "plain_ms": %.4f, "timed_ms": %.4f, "passes": %td, "peak_gflops": %.1f, )"
                R"("simd": "%s", "parts": [)",
                threads, plain.mean_ms, found.ms, found.passes, plain.peak_gflops, simd::name<>());
  std::string line = "{\"model\": " + model + ", \"work\": \"" + work + "\", " + text;
  const char* between = "";
  for (const auto& row : found.rows) {
    const double ms = row.share * found.ms;
    std::snprintf(text, sizeof text, R"(%s{"part": "%s", "what": "%s", "ms": %.5f, "share": %.5f, "gflops": %.2f})",
                  between, name_of(row.in), row.what.empty() ? rest_of(row.in) : row.what.c_str(), ms, row.share,
                  row.gflop > 0 && ms > 0 ? row.gflop / ms * 1e3 : 0);
    line += text;
    between = ", ";
  }
  return line + "]}";
}

/// The same as a table.
inline std::string table_of(const profile& found, const timing& plain, const std::string& work) {
  char line[200];
  std::snprintf(line, sizeof line,
                "%s: %.3f ms a pass, %.3f with timers, means of %td; peak %.1f GFLOP/s\n"
                "%-13s %-22s %10s %8s %9s %8s\n",
                work.c_str(), plain.mean_ms, found.ms, found.passes, plain.peak_gflops, "part", "what", "ms", "share",
                "GFLOP/s", "of peak");
  std::string text = line;
  for (const auto& row : found.rows) {
    const double ms = row.share * found.ms;
    std::snprintf(line, sizeof line, "%-13s %-22s %10.4f %6.1f %%", name_of(row.in),
                  row.what.empty() ? rest_of(row.in) : row.what.c_str(), ms, row.share * 100);
    text += line;
    if (row.gflop > 0 && ms > 0) {
      const double speed = row.gflop / ms * 1e3;
      std::snprintf(line, sizeof line, " %9.1f %8.3f", speed, plain.peak_gflops > 0 ? speed / plain.peak_gflops : 0);
      text += line;
    }
    text += '\n';
  }
  return text;
}

/// The program behind `weft bench --profile`; arguments as bench_request reads them.
template <class Spec>
int profile_and_print(char** arguments, std::ostream& out) {
  bench_request asked(arguments);
  const auto c = configuration::read(asked.directory);
  const auto counted = arithmetic_of<Spec>(sizes_of(c));
  const auto stored = checkpoint::open(asked.directory);
  const auto plain = load<Spec>(stored, c);
  const auto watched = load<timed<Spec>>(stored, c);
  const executor run = asked.run();
  if (!asked.json)
    out << asked.model << ", " << asked.threads << (asked.threads == 1 ? " thread, " : " threads, ") << simd::name<>()
        << '\n';
  for (const auto& w : asked.work) {
    const auto texts = texts_of(w, c.vocab_size);
    const auto without = time_forward(plain, texts, run, asked.span);
    auto found = profile_forward(watched, texts, run, asked.span);
    count_operations(found, counted, w.lengths);
    if (asked.json)
      out << json_line(found, without, asked.model, w.name, asked.threads) << std::endl;
    else
      out << table_of(found, without, w.name) << std::endl;
  }
  return 0;
}

/// A model on whole numbers has none: says so.
template <class Spec>
requires on_whole_numbers<Spec>
int profile_and_print(char** arguments, std::ostream&) {
  fail({.file = arguments[1],
        .subject = "--profile",
        .found = "a model that runs on whole numbers",
        .wanted = "one whose rows are floats",
        .remedy = "without --profile it is timed as a whole"});
}

}  // namespace weft::bench

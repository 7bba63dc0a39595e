#pragma once
// A RoBERTa's or I-BERT's directory in floating point, written as one on whole numbers.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <weft/encoder/calibration.hpp>
#include <weft/io/hub_cache.hpp>
#include <weft/io/load.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/io/write_model.hpp>
#include <weft/memory/walk.hpp>
#include <weft/model/ibert.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a calibration saw and lost.
struct calibration_report {
  index_t texts = 0, tokens = 0;
  double relative_error = 0, cosine = 0;  ///< of the last layer's rows, against floating point
};

namespace detail {
// The configuration of the same model as I-BERT's class of it.
inline std::string calibrated_configuration(const configuration& c) {
  auto document = c.document();
  const json_scope scope(document);
  document["model_type"] = std::string(facts_of<ibert_family>.model_type);
  document["quant_mode"] = true;
  document["force_dequant"] = "none";
  document["hidden_act"] = "gelu";
  document["torch_dtype"] = "float32";
  document.erase("dtype");
  if (!c.architectures.empty()) {
    const std::string& name = c.architectures.front();
    document["architectures"] = {std::string(ibert_family::class_stem) + name.substr(class_stem(name).size())};
  }
  return document.dump(2) + "\n";
}
// "roberta.encoder..." as I-BERT's files call it.
inline std::string calibrated_name(std::string_view name, std::string_view prefix) {
  const auto bare = without_prefix(name, prefix);
  return bare.size() < name.size() ? std::string(join(unit_string(facts_of<ibert_family>.prefix), bare))
                                   : std::string(name);
}
}  // namespace detail

/// Reads the model of `from` (a RoBERTa, or an I-BERT with quant_mode false, of this type), takes extrema of every site
/// over the lines of `texts`, and writes the directory `to` with quant_mode true, which transformers loads as well.
/// Longer texts are cut. Throws weft::error for another model, for no text, and where something is in the place of
/// `to`.
template <class Spec>
calibration_report calibrate(const std::filesystem::path& from, const std::filesystem::path& texts,
                             const std::filesystem::path& to) {
  const auto at = resolve_model(from.string());
  const auto c = configuration::read(at);
  if constexpr (!has_integer_twin<Spec>) {
    fail({.file = c.file,
          .subject = "model_type",
          .found = c.family,
          .wanted = "a model in floating point whose layers are RoBERTa's, with gelu"});
  } else {
    const auto stored = checkpoint::open(at);
    const auto words = read_tokenizer(at);
    arena store;
    const auto record = read_weights<Spec>(stored, c, store);
    const auto limits = sizes_of(c);
    const auto file = mapped_file::open(texts);
    new_directory folder(to);

    const auto each_text = [&](const auto& see) {
      for (std::string_view left = file->text(); !left.empty();) {
        const auto end = std::min(left.find('\n'), left.size());
        auto text = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (text.empty()) continue;
        token_batch one;
        one.add(words.encode(text, truncation{.max_length = limits.longest()}).ids);
        see(one);
      }
    };
    calibration_report report;
    calibration<Spec> found(record, limits);
    each_text([&](const batch& in) { found.watch(in), ++report.texts; });
    if (report.texts == 0)
      fail(
          {.file = texts.string(), .found = "no text", .wanted = "a text a line, like those that the model will read"});
    found.begin_shifts();
    each_text([&](const batch& in) { found.watch_shifts(in); });

    folder.write("config.json", detail::calibrated_configuration(c));
    safetensors_writer out;
    bool prefixed = false;
    for (const auto& name : stored.names()) {
      const auto& t = *stored.find(name);
      const auto now = detail::calibrated_name(name, c.facts().prefix);
      prefixed = prefixed || now != name || now.starts_with(facts_of<ibert_family>.prefix);
      const auto last = now.substr(now.rfind('.') + 1);
      constexpr std::string_view made[] = {"x_min",
                                           "x_max",
                                           "act_scaling_factor",
                                           "weight_integer",
                                           "bias_integer",
                                           "fc_scaling_factor",
                                           "weight_scaling_factor",
                                           "shift"};
      if (std::find(std::begin(made), std::end(made), last) == std::end(made)) out.add(now, t.type, t.shape, t.bytes);
    }
    const auto& buffers = found.buffers();
    for (const auto& [name, value] : buffers)
      out.add(std::string(detail::join(unit_string(prefixed ? facts_of<ibert_family>.prefix : ""), name)), {1},
              list<const float>(&value, 1));
    out.save(folder.path() / "model.safetensors");
    folder.copy_tokenizer(at);
    folder.publish();
    report.tokens = found.tokens(), report.relative_error = found.relative_error(), report.cosine = found.cosine();
    return report;
  }
}

/// The same as a program: prints what was lost.
template <class Spec>
int calibrate_and_print(const std::filesystem::path& from, const std::filesystem::path& texts,
                        const std::filesystem::path& to, std::ostream& out) {
  const auto report = calibrate<Spec>(from, texts, to);
  char line[256];
  std::snprintf(
      line, sizeof line,
      "%lld texts, %lld tokens\nrows of the last layer: %.3f of their size from those in floating point, mean "
      "cosine %.4f\n",
      static_cast<long long>(report.texts), static_cast<long long>(report.tokens), report.relative_error,
      report.cosine);
  out << line << "wrote " << detail::printable_whole(to.string()) << "\n";
  return 0;
}

}  // namespace weft

#pragma once
// Text in, one vector out, without an encoder: the mean of its tokens' vectors.
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <vector>
#include <weft/io/hub_cache.hpp>
#include <weft/io/static_model.hpp>
#include <weft/kernel/pooling.hpp>
#include <weft/memory/rows.hpp>
#include <weft/pipeline/each_text.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Turns texts into vectors of width() floats by a table: model2vec's models and sentence-transformers' StaticEmbedding
/// (Tulkens and van Dongen 2024, "Model2Vec"). A text of no tokens is zeros.
///   weft::static_embedder embed("minishlab/potion-base-8M");
///   std::vector<float> v = embed("weaving with types");
/// Built once, then only read: threads may share it.
class static_embedder {
 public:
  /// Loads a directory, or `organisation/name` from the local cache. Throws what static_model::read throws.
  explicit static_embedder(const std::filesystem::path& directory, executor run = {}, const tokenizer_reading& how = {})
      : static_embedder(static_model::read(resolve_model(directory.string()), how), run) {}
  /// Of what was read already.
  explicit static_embedder(static_model model, executor run = {})
      : model_(std::make_shared<static_model>(std::move(model))), run_(run) {
    // As the reference cuts a text before it is tokenised: by the median length of a token.
    std::vector<index_t> lengths;
    for (std::int32_t id = 0; id < model_->tokenizer.size(); ++id) {
      const auto token = model_->tokenizer.token(id);
      lengths.push_back(std::count_if(token.begin(), token.end(), begins_character));
    }
    std::sort(lengths.begin(), lengths.end());
    const auto n = lengths.size();
    if (n > 0) characters_ = model_->max_length * ((lengths[(n - 1) / 2] + lengths[n / 2]) / 2);
  }

  /// The vector of one text.
  std::vector<float> operator()(std::string_view text) const {
    std::vector<float> v(static_cast<std::size_t>(width()));
    embed(text, v.data());
    return v;
  }

  /// The vectors of a collection of texts, one a row, which the executor's workers share.
  template <text_source Texts>
  matrix_buffer all(Texts&& texts) const {
    matrix_buffer out(0, width());
    out.reserve(detail::count_of(texts));
    each_text(
        texts, run_,
        [&](const text_input& text, index_t) {
          if (text.second) fail("weft::static_embedder takes single texts, not pairs");
          return (*this)(text.first);
        },
        [&](const std::vector<float>& v) { std::copy(v.begin(), v.end(), out.add(1).row(0)); });
    return out;
  }
  matrix_buffer all(std::initializer_list<std::string_view> texts) const {
    return all(list<const std::string_view>(texts));
  }

  /// Values of a vector.
  index_t width() const { return model_->width; }
  const weft::tokenizer& tokenizer() const { return model_->tokenizer; }
  const static_model& model() const { return *model_; }

 private:
  static bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

  std::string_view cut(std::string_view text) const {
    index_t left = characters_;
    for (std::size_t at = 0; model_->max_length > 0 && at < text.size(); ++at)
      if (begins_character(text[at]) && left-- == 0) return text.substr(0, at);
    return text;
  }

  void embed(std::string_view text, float* y) const {
    using arch = simd::native;
    const auto& m = *model_;
    const auto tokens = m.tokenizer.pieces(cut(text));
    const auto taken = m.max_length > 0 ? std::min(tokens.size(), m.max_length) : tokens.size();
    index_t count = 0;
    for (index_t t = 0; t < taken; ++t) {
      const auto id = index_t{tokens.ids[static_cast<std::size_t>(t)]};
      if (m.unknown && id == *m.unknown) continue;
      ++count;
      const auto row = m.mapping.empty() ? id : index_t{m.mapping[id]};
      add<arch>(m.table.data() + row * m.width, m.weights.empty() ? 1.0f : m.weights[id], y);
    }
    for (index_t i = 0; count > 0 && i < m.width; ++i) y[i] /= static_cast<float>(count);
    if (m.normalize) normalize_length<arch>(y, m.width);
  }

  template <class Arch>
  void add(const float* x, float weight, float* y) const {
    const auto sum = [w = simd::set<Arch>(weight)](auto a, auto b) { return simd::fma(a, w, b); };
    index_t i = 0;
    for (; i + simd::lanes<Arch> <= width(); i += simd::lanes<Arch>)
      simd::store(y + i, sum(simd::load<Arch>(x + i), simd::load<Arch>(y + i)));
    if (const auto left = width() - i; left > 0)
      simd::store_partial(y + i, sum(simd::load_partial<Arch>(x + i, left), simd::load_partial<Arch>(y + i, left)),
                          left);
  }

  std::shared_ptr<const static_model> model_;
  executor run_;
  index_t characters_ = 0;  // of a text that are read
};

}  // namespace weft

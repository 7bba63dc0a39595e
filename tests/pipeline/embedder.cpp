#include <weft/pipeline/embedder.hpp>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <sstream>
#include <weft/io/safetensors.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/memory/thread_pool.hpp>
#include <weft/numeric/bfloat16.hpp>

#include "catch.hpp"
#include "largest.hpp"
#include "pipeline/recorded.hpp"

namespace embedder_test {

using namespace weft_test;

const auto minilm = data() / ".." / ".." / "data" / "minilm";

bool minilm_is_here() {
  if (fs::exists(minilm / "model.safetensors")) return true;
  WARN("SKIPPED: MiniLM is not here; ./dev fetch-minilm downloads it");
  return false;
}

std::vector<std::string> minilm_texts() {
  const auto file = data() / "minilm" / "texts.json";
  return weft::detail::json_texts(weft::detail::read_json(file), "texts", file.string());
}

weft::list<const float> expected_embedding(const weft::safetensors& file, std::size_t i) {
  const auto* t = file.find("embedding." + std::to_string(i));
  REQUIRE(t != nullptr);
  REQUIRE(t->bytes.size() == 384 * 4);
  return {reinterpret_cast<const float*>(t->bytes.data()), 384};
}

/// The tiny encoder of bert_mlm as a directory of sentence-transformers.
fs::path tiny_sentences(const std::string& name, const std::string& pooling, bool normalize) {
  const auto at = tiny_directory("bert_mlm", name);
  write_file(at / "modules.json",
             std::string(R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})") +
                 (normalize ? R"(,{"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])" : "]"));
  write_file(at / "1_Pooling" / "config.json", pooling);
  return at;
}

TEST_CASE("MiniLM embeds as its reference") {
  if (!minilm_is_here()) return;
  weft::embedder<weft::minilm_l6> embed(minilm);
  CHECK(embed.max_length() == 256);
  const auto texts = minilm_texts();
  REQUIRE(texts.size() == 24);
  const auto file = weft::safetensors::open(data() / "minilm" / "expected.safetensors");
  const auto all = embed.all(texts);
  double largest = 0;
  float least = 1;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto wanted = expected_embedding(file, i);
    const weft::list<const float> found(all.row(static_cast<weft::index_t>(i)), 384);
    for (weft::index_t j = 0; j < 384; ++j) raise(largest, std::abs(double{found[j]} - double{wanted[j]}));
    least = std::min(least, weft::cosine(found, wanted));
    if (i % 3 != 0) continue;  // sanitizers make each text dear
    const auto alone = embed(texts[i]);
    CHECK(std::equal(alone.begin(), alone.end(), found.begin()));  // to the bit
  }
  UNSCOPED_INFO("largest difference " << largest << ", least cosine " << least);
  CHECK(largest < 1e-5);
  CHECK(least >= 0.99999f);

  // With threads, to the bit.
  weft::thread_pool pool(2);
  weft::embedder<weft::minilm_l6> threaded(minilm, {.run = pool, .batch_tokens = 60});
  const auto again = threaded.all(weft::list<const std::string>(texts).part(0, 8));
  CHECK(std::equal(again.data(), again.data() + 8 * 384, all.data()));

  // With bfloat16 weights, almost the same direction.
  struct half_minilm : weft::minilm_l6 {
    using numeric = weft::bfloat16;
  };
  weft::embedder<half_minilm> half(minilm, {.batch_tokens = 2000});
  const auto rough = half.all(texts);
  float farthest = 1;
  for (weft::index_t i = 0; i < rough.count(); ++i)
    farthest = std::min(
        farthest, weft::cosine(weft::list<const float>(rough.row(i), 384), weft::list<const float>(all.row(i), 384)));
  UNSCOPED_INFO("least cosine with bfloat16 weights " << farthest);
  CHECK(farthest >= 0.9995f);

  // Pairs of sentences are ranked alike.
  const auto path = data() / "minilm" / "pairs.json";
  struct pair {
    float wanted, found;
  };
  std::vector<pair> pairs;
  for (const auto& p : weft::detail::read_json(path)) {
    const auto row = [&](const char* key) {
      return weft::list<const float>(all.row(weft::json_integer(p, key, path.string(), 0, 23)), 384);
    };
    pairs.push_back(
        {static_cast<float>(weft::json_number(p, "cosine", path.string())), weft::cosine(row("first"), row("second"))});
  }
  REQUIRE(pairs.size() == 20);
  std::sort(pairs.begin(), pairs.end(), [](auto& a, auto& b) { return a.wanted > b.wanted; });
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(std::abs(pairs[i].found - pairs[i].wanted) < 1e-5f);
    if (i > 0) CHECK(pairs[i - 1].found > pairs[i].found);
  }
}

TEST_CASE("an embedder pools and normalises as the directory says") {
  weft::embedder<tiny_bert> mean(tiny_sentences("mean", R"({"pooling_mode_mean_tokens": true})", false));
  weft::embedder<tiny_bert> first(
      tiny_sentences("first", R"({"pooling_mode_cls_token": true, "word_embedding_dimension": 32})", false));
  weft::embedder<tiny_bert> unit(tiny_sentences("unit", R"({"pooling_mode": "mean"})", true));
  const std::string text = "the cat sat on the mat.";

  const auto e = mean.tokenizer().encode(text);
  weft::token_batch batch;
  batch.add(e.ids);
  weft::row_buffer<32> rows(batch.tokens());
  weft::workspace work(mean.model().workspace_bytes(batch.size()));
  mean.model().forward(batch, rows, work);
  const auto a = mean(text), b = first(text), c = unit(text);
  double squares = 0;
  for (std::size_t j = 0; j < 32; ++j) {
    double sum = 0;
    for (weft::index_t i = 0; i < rows.count(); ++i) sum += rows.row(i)[j];
    CHECK(a[j] == Approx(sum / static_cast<double>(rows.count())).margin(1e-6));
    CHECK(b[j] == rows.row(0)[j]);
    squares += double{a[j]} * double{a[j]};
  }
  for (std::size_t j = 0; j < 32; ++j) CHECK(c[j] == Approx(a[j] / std::sqrt(squares)).margin(1e-6));
  CHECK(weft::dot_product(c, c) == Approx(1));
  CHECK(weft::cosine(a, c) == Approx(1));
  CHECK(mean("").size() == 32);
  CHECK(mean.all(std::vector<std::string>{}).count() == 0);
  CHECK(weft::cosine(std::vector<float>{0, 0}, std::vector<float>{1, 2}) == 0);
  CHECK_THAT(refusal_of([&] { weft::dot_product(a, std::vector<float>(3)); }), mentions("vectors of 32 and 3 values"));
  // as config_sentence_transformers.json names them
  using enum weft::similarity;
  const std::vector<float> x{1, 2, -2}, y{4, -2, -2};
  CHECK(weft::similarity_of(dot, x, y) == 4);
  CHECK(weft::similarity_of(euclidean, x, y) == -5);
  CHECK(weft::similarity_of(manhattan, x, y) == -7);
  // With one rounding a product and sum; with two the distance is -0x1.1ef522p+0f, so compilers have nothing to choose.
  const std::vector<float> p{0x1.9dee8p-1f, 0x1.8d8a96p-1f}, q{0x1.b23acap-26f, 0x1.dd7a86p-26f};
  CHECK(weft::similarity_of(euclidean, p, q) == -0x1.1ef52p+0f);
  CHECK(weft::similarity_of(cosine, x, y) == weft::cosine(x, y));
  CHECK_THAT(refusal_of([&] { weft::similarity_of(manhattan, a, x); }), mentions("vectors of 32 and 3 values"));
  CHECK(mean.similarity(a, b) == weft::cosine(a, b));
  const auto at = tiny_sentences("dot", R"({"pooling_mode_mean_tokens": true})", false);
  write_file(at / "config_sentence_transformers.json", R"({"similarity_fn_name": "dot"})");
  CHECK(weft::embedder<tiny_bert>(at).similarity(a, b) == weft::dot_product(a, b));
}

TEST_CASE("an embedder joins several ways of pooling, and reads any collection of texts") {
  weft::embedder<tiny_bert> joined(
      tiny_sentences("joined", R"({"pooling_mode": ["max", "mean"], "embedding_dimension": 32})", true));
  weft::embedder<tiny_bert> largest(tiny_sentences("largest", R"({"pooling_mode": "max"})", false));
  weft::embedder<tiny_bert> mean(tiny_sentences("plain_mean", R"({"pooling_mode": "mean"})", false));
  CHECK(joined.width() == 64);
  const std::vector<std::string> texts{"the cat sat on the mat.", "", "who sat in the red house?"};
  const auto found = joined.all(texts);
  CHECK(found.width() == 64);
  for (weft::index_t i = 0; i < 3; ++i) {
    auto wanted = largest(texts[static_cast<std::size_t>(i)]);
    const auto second = mean(texts[static_cast<std::size_t>(i)]);
    wanted.insert(wanted.end(), second.begin(), second.end());
    double squares = 0;
    for (const float x : wanted) squares += double{x} * double{x};
    for (std::size_t j = 0; j < 64; ++j) CHECK(found.row(i)[j] == Approx(wanted[j] / std::sqrt(squares)).margin(1e-6));
  }

  // Whatever the collection, with a pool and without, to the bit.
  weft::thread_pool pool(2);
  std::string lines;
  std::vector<std::string> many;
  for (int i = 0; i < 1100; ++i)
    many.push_back(texts[static_cast<std::size_t>(i % 3)] + " " +
                   tiny_vocabulary(60)[static_cast<std::size_t>(i % 55)]);
  for (const auto& text : many) lines += text + "\n";
  const auto wanted = mean.all(many);
  weft::embedder<tiny_bert> threaded(mean.modules(), {.run = pool, .batch_tokens = 500});
  const auto check = [&](auto&& source) {
    for (auto* embed : {&mean, &threaded}) {
      const auto again = embed->all(source());
      REQUIRE(again.count() == wanted.count());
      CHECK(std::equal(again.data(), again.data() + 1100 * 32, wanted.data()));
    }
  };
  check([&]() -> const std::vector<std::string>& { return many; });
  check([&] { return std::views::transform(many, [](const std::string& text) { return "" + text; }); });
  check([&] { return std::views::transform(many, [](const std::string& text) { return std::string_view(text); }); });
  // One string that is read into again and again.
  struct reader {
    std::istringstream from;
    std::string line;
    struct iterator {
      using difference_type = std::ptrdiff_t;
      using value_type = std::string;
      reader* of;
      const std::string& operator*() const { return of->line; }
      iterator& operator++() {
        if (!std::getline(of->from, of->line)) of = nullptr;
        return *this;
      }
      void operator++(int) { ++*this; }
      bool operator==(std::default_sentinel_t) const { return of == nullptr; }
    };
    explicit reader(const std::string& text) : from(text) {}
    iterator begin() { return ++iterator{this}; }
    std::default_sentinel_t end() const { return {}; }
  };
  check([&] { return reader(lines); });

  weft::embedder<tiny_bert> strict(mean.modules(), {.run = pool, .max_length = 8, .refuse_longer = true});
  CHECK_THAT(refusal_of([&] { strict.all(many); }), mentions("found 10 tokens, wanted at most 8"));
  CHECK(strict("the cat").size() == 32);  // nothing is left of the call before
}

/// The same with other modules behind the pooling, as text and as weights.
fs::path with_steps(const std::string& name, const std::string& types) {
  const auto at = tiny_sentences(name, R"({"pooling_mode": "mean"})", false);
  std::string list;
  for (std::size_t i = 0, end; i < types.size(); i = end + 1) {
    end = std::min(types.find(' ', i), types.size());
    const auto type = types.substr(i, end - i);
    list += R"(,{"path": ")" + type + R"(", "type": "sentence_transformers.models.)" + type + "\"}";
  }
  write_file(at / "modules.json",
             R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})" +
                 list + "]");
  write_file(at / "Dense" / "config.json",
             R"({"in_features": 32, "out_features": 5, "activation_function": "torch.nn.modules.activation.GELU"})");
  write_file(at / "LayerNorm" / "config.json", R"({"dimension": 5})");
  std::vector<float> weight, bias{0.5f, -0.25f, 0.125f, 1, 0}, gain{1, 2, 3, 4, 5};
  for (int i = 0; i < 160; ++i) weight.push_back(static_cast<float>((i * 37 + 11) % 23 - 11) / 16);
  weft::safetensors_writer dense, norm;
  dense.add("linear.weight", {5, 32}, weight), dense.add("linear.bias", {5}, bias);
  dense.save(at / "Dense" / "model.safetensors");
  norm.add("norm.weight", {5}, gain), norm.add("norm.bias", {5}, bias);
  norm.save(at / "LayerNorm" / "model.safetensors");
  return at;
}

TEST_CASE("Dense, LayerNorm and Normalize follow the pooling as formulas say it, and vectors may be cut") {
  const std::string text = "the cat sat on the mat.";
  weft::embedder<tiny_bert> plain(tiny_sentences("no_steps", R"({"pooling_mode": "mean"})", false));
  weft::embedder<tiny_bert> embed(with_steps("steps", "Normalize Dense LayerNorm Normalize"));
  REQUIRE(embed.width() == 5);
  const auto x = plain(text);
  double length = 0, mean = 0, variance = 0, squares = 0;
  for (const float v : x) length += double{v} * double{v};
  double y[5], bias[] = {0.5, -0.25, 0.125, 1, 0};
  for (int o = 0; o < 5; ++o) {
    y[o] = bias[o];
    for (int i = 0; i < 32; ++i)
      y[o] += ((o * 32 + i) * 37 + 11) % 23 * x[static_cast<std::size_t>(i)] / std::sqrt(length) / 16 -
              11.0 / 16 * x[static_cast<std::size_t>(i)] / std::sqrt(length);
    y[o] = y[o] * 0.5 * (1 + std::erf(y[o] / std::sqrt(2.0)));
    mean += y[o] / 5;
  }
  for (const double v : y) variance += (v - mean) * (v - mean) / 5;
  for (int o = 0; o < 5; ++o) y[o] = (y[o] - mean) / std::sqrt(variance + 1e-5) * (o + 1) + bias[o];
  for (const double v : y) squares += v * v;
  const auto found = embed(text);
  for (std::size_t o = 0; o < 5; ++o) CHECK(found[o] == Approx(y[o] / std::sqrt(squares)).margin(1e-5));

  auto cut = embed.modules();
  cut.truncate = 2;
  weft::thread_pool pool(2);
  weft::embedder<tiny_bert> some(cut, {.run = pool});
  CHECK(some(text) == std::vector<float>(found.begin(), found.begin() + 2));
  CHECK(some.all({text, "", text}).width() == 2);
  cut.normalize_truncated = true;
  CHECK(weft::dot_product(weft::embedder<tiny_bert>(cut)(text), weft::embedder<tiny_bert>(cut)(text)) == Approx(1));
  cut.truncate = 6;
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>{cut}; }), mentions("truncate_dim: found 6, wanted 1 to 5"));
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>{with_steps("twice", "Dense Dense")}; }),
             mentions("module 3 expects: found 32, wanted 5"));
}

TEST_CASE("directories of every module give the vectors of sentence-transformers") {
  auto all = recorded_sentence_transformers();
  const weft::detail::json_scope scope(all);
  CHECK(all.at("embedders").size() == 18);
  const auto texts = all.at("texts").get<std::vector<std::string>>();
  for (const auto& one : all.at("embedders")) {
    INFO(one.at("name"));
    weft::embedder<tiny_bert> embed(recorded_directory(one, "bert_mlm", "recorded"));
    const auto found = embed.all(texts, {.prompt = one.at("prompt").get<std::string>()});
    REQUIRE(found.count() == static_cast<weft::index_t>(texts.size()));
    double largest = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto wanted = one.at("vectors")[i].get<std::vector<float>>();
      REQUIRE(found.width() == static_cast<weft::index_t>(wanted.size()));
      for (std::size_t j = 0; j < wanted.size(); ++j)
        raise(largest, std::abs(double{found.row(static_cast<weft::index_t>(i))[j]} - double{wanted[j]}));
    }
    CHECK(largest < 1e-5);
  }
}

TEST_CASE("a call names a prompt, brings tokens, is told how far it is, and may end") {
  const auto at = tiny_sentences("calls", R"({"pooling_mode": "mean"})", false);
  write_file(at / "config_sentence_transformers.json", R"({"prompts": {"query": "the ", "passage": "a "}})");
  weft::embedder<tiny_bert> embed(at, {.batch_tokens = 20});
  CHECK(embed("cat", {.prompt = "query"}) == embed("the cat"));
  CHECK(embed("cat", {.prompt = "passage"}) == embed("a cat"));
  CHECK_THAT(refusal_of([&] { embed("cat", {.prompt = "document"}); }),
             mentions("prompt: found \"document\", wanted one of passage, query"));
  auto modules = embed.modules();
  modules.pools_prompt = false;
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>{modules}("cat", {.prompt = "query"}); }),
             mentions("include_prompt"));
  CHECK(weft::embedder<tiny_bert>(modules)("cat") == embed("cat"));

  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) texts.push_back(i % 2 ? "the cat sat" : "a dog in the house");
  const auto all = embed.all(texts);
  std::vector<weft::encoding> encodings;
  for (const auto& text : texts) encodings.push_back(embed.tokenizer().encode(text));
  const auto again = embed.all(encodings);
  CHECK(std::equal(all.data(), all.data() + 50 * 32, again.data()));
  std::vector<weft::index_t> told;
  const auto some = embed.all(texts, {.progress = [&](weft::index_t done) { return told.push_back(done), done < 20; }});
  REQUIRE(told.size() > 2);
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(told.back() >= 20);
  REQUIRE(some.count() == told.back());
  CHECK(some.count() < 50);
  CHECK(std::equal(some.data(), some.data() + some.count() * 32, all.data()));
  CHECK(embed.all(texts).count() == 50);

  const auto near = weft::nearest(all, embed("the cat sat"), 30);
  REQUIRE(near.size() == 30);
  for (std::size_t i = 0; i < 25; ++i) CHECK(near[i].row == static_cast<weft::index_t>(2 * i + 1));
  CHECK(near[25].row == 0);
  CHECK(near[0].score == Approx(1));
  CHECK(near[25].score == weft::cosine(all[0], embed("the cat sat")));
  weft::thread_pool pool(2);
  CHECK(weft::nearest(all, all[1], 3, weft::similarity::euclidean, pool)[0].score == 0);
  CHECK_THAT(refusal_of([&] { weft::nearest(all, std::vector<float>(3), 1); }), mentions("found 3 values, wanted 32"));
}

TEST_CASE("a cosine does not depend on the vectors' lengths, and NaN stays") {
  const std::vector<float> right{3, 0}, diagonal{3, 3}, left{-3, 0};
  for (const float a : {1e-38f, 1e-25f, 1e-10f, 1.0f, 1e10f, 1e20f, 1e38f})
    for (const float b : {1e-38f, 1e-25f, 1.0f, 1e25f, 1e38f}) {
      const auto times = [](std::vector<float> v, float factor) {
        for (float& x : v) x *= factor;
        return v;
      };
      CHECK(weft::cosine(times(right, a), times(right, b)) == Approx(1));
      CHECK(weft::cosine(times(right, a), times(diagonal, b)) == Approx(std::sqrt(0.5)));
      CHECK(weft::cosine(times(left, a), times(right, b)) == Approx(-1));
    }
  CHECK(weft::cosine(std::vector<float>{0, 0}, right) == 0);
  for (const float odd : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    CHECK(std::isnan(weft::cosine(std::vector<float>{odd, 1}, right)));
    CHECK(std::isnan(weft::cosine(std::vector<float>{0, 0}, std::vector<float>{1, odd})));
  }
}

TEST_CASE("an embedder obeys limits, lower-casing and prompts") {
  const auto at = tiny_sentences("limits", R"({"pooling_mode_mean_tokens": true})", false);
  write_file(at / "tokenizer_config.json", R"({"do_lower_case": false})");
  weft::embedder<tiny_bert> cased(at);
  CHECK(cased("The Cat") != cased("the cat"));
  CHECK(cased.max_length() == 64);
  write_file(at / "sentence_bert_config.json", R"({"max_seq_length": 4, "do_lower_case": true})");
  write_file(at / "config_sentence_transformers.json",
             R"({"prompts": {"query": "the "}, "default_prompt_name": "query"})");
  weft::embedder<tiny_bert> embed(at);
  CHECK(embed("Cat") == cased("the cat"));
  CHECK(embed("Cat sat on a mat") == cased("the cat"));  // cut to 4 tokens
  write_file(at / "tokenizer_config.json", R"({"truncation_side": "left"})");
  CHECK(weft::embedder<tiny_bert>(at)("Cat sat on a mat") == cased("a mat"));
}

TEST_CASE("an embedder can be told what no modules.json says") {
  const auto at = tiny_directory("bert_mlm", "plain");
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>{at}; }), mentions("no modules.json"));
  weft::sentence_modules how;
  how.model = at;
  how.pooling = weft::pooling::first_token;
  weft::embedder<tiny_bert> embed(how);
  CHECK(embed("the cat").size() == 32);
}

TEST_CASE("an embedder refuses what it does not know") {
  const auto at =
      tiny_sentences("wide", R"({"pooling_mode_mean_tokens": true, "word_embedding_dimension": 384})", false);
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>{at}; }), mentions("found 384, wanted 32"));
  CHECK_THAT(refusal_of([] { weft::embedder<tiny_bert>(fs::path("no/such")); }), mentions("no/such"));
}

struct slim_bert : tiny_bert {
  static constexpr bool slimmable = true;
};

TEST_CASE("an embedder of a slimmable type runs the part that it is told") {
  const auto at = tiny_sentences("slim", R"({"pooling_mode_mean_tokens": true})", false);
  weft::embedder<slim_bert> embed(at, {.width = 0.5, .depth = 0.5});
  const auto text = embed.tokenizer().encode("the cat sat");
  const auto& encoder = embed.model();
  weft::token_batch batch;
  batch.add(text.ids, text.segments);
  weft::row_buffer<32> rows(batch.tokens());
  weft::workspace work(encoder.workspace_bytes(batch.size()));
  encoder.forward(weft::active::of(0.5, 0.5, encoder), batch, rows, work);
  std::vector<float> mean(32);
  weft::mean_rows<weft::simd::native>(rows.data(), 32, batch.tokens(), 32, mean.data());
  CHECK(embed("the cat sat") == mean);

  weft::embedder<tiny_bert> whole(at);
  CHECK(weft::embedder<slim_bert>(at)("the cat sat") == whole("the cat sat"));
  CHECK(weft::embedder<slim_bert>(at, {.depth = 1})("the cat sat") == whole("the cat sat"));
  CHECK(embed("the cat sat") != whole("the cat sat"));
  CHECK(weft::embedder<slim_bert>(embed)("the cat sat") == mean);  // copies run the same part

  const auto refused = [&](weft::pipeline_options how) {
    return refusal_of([&] { weft::embedder<slim_bert>(at, how); });
  };
  CHECK_THAT(refused({.width = 0}), mentions("width: found 0.000, wanted more than 0, at most 1"));
  CHECK_THAT(refused({.depth = 1.5}), mentions("depth: found 1.500, wanted more than 0, at most 1"));
  CHECK_THAT(refused({.width = 0.1}), mentions("wanted one that leaves a head of 4"));
  CHECK_THAT(refused({.depth = 0.1}), mentions("wanted one that leaves a layer of 2"));
  CHECK_THAT(refusal_of([&] { weft::embedder<tiny_bert>(at, {.width = 0.5}); }),
             mentions("found a type that runs as a whole"));
}

}  // namespace embedder_test

#include <weft/text/tokenizer.hpp>

#include "catch.hpp"

namespace tokenizer_test {

using namespace weft;

using ids = std::vector<std::int32_t>;

// The smallest model: a token for each byte.
struct bytes_model {
  encoding pieces(std::string_view text) const {
    encoding e;
    for (weft::index_t i = 0; i < static_cast<weft::index_t>(text.size()); ++i)
      e.add(static_cast<unsigned char>(text[static_cast<std::size_t>(i)]), 0, {i, i + 1});
    return e;
  }
  std::string decode(list<const std::int32_t> tokens, const decode_options&) const {
    return {tokens.begin(), tokens.end()};
  }
  weft::index_t size() const { return 256; }
  std::string_view token(std::int32_t) const { return "byte"; }
  std::int32_t find(std::string_view text) const { return text.size() == 1 ? static_cast<unsigned char>(text[0]) : -1; }
  bool is_special(std::int32_t id) const { return id < 32; }
};

struct no_decode {
  encoding pieces(std::string_view) const { return {}; }
};

static_assert(token_model<bytes_model>);
static_assert(token_model<wordpiece>);
static_assert(token_model<tokenizer>);
static_assert(!token_model<no_decode>);
static_assert(!token_model<std::string>);

TEST_CASE("a model of one's own is a tokenizer") {
  const tokenizer t(bytes_model{}, sequence_template::bert(1, 2),
                    {.padding = "_", .mask = "?", .truncation = truncation{.max_length = 4}});
  CHECK(t.encode("abc").ids == ids{1, 'a', 'b', 2});
  CHECK(t.encode("abc", std::nullopt).size() == 5);
  CHECK(t.encode_pair("a", "b", std::nullopt).ids == ids{1, 'a', 2, 'b', 2});
  CHECK(t.windows("abcd", {.max_length = 4, .stride = 1}).size() == 3);
  CHECK(t.special_tokens(true) == 3);
  CHECK(t.mask_id() == '?');
  CHECK(t.padding_id() == '_');
  CHECK(t.is_special(1));
  CHECK(t.decode(t.pieces("abc").ids) == "abc");
  CHECK(t.tokens(t.encode("a"))[1] == "byte");
  CHECK(t.as<bytes_model>());
  CHECK(!t.as<wordpiece>());
}

TEST_CASE("a wordpiece is a tokenizer with its own options") {
  const tokenizer t =
      wordpiece({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"}, {.model_max_length = 8, .file = "f"});
  CHECK(t.encode("a").ids == ids{2, 5, 3});
  CHECK(t.mask_id() == 4);
  CHECK(t.padding_id() == 0);
  CHECK(t.options().model_max_length == 8);
  CHECK(t.options().file == "f");
  REQUIRE(t.as<wordpiece>());
  CHECK(t.as<wordpiece>()->unknown_id() == 1);
  const tokenizer copy = t;
  CHECK(copy.as<wordpiece>() == t.as<wordpiece>());  // shared
  const tokenizer one = t.without_segments();
  CHECK(t.encode_pair("a", "a").segments == ids{0, 0, 0, 1, 1});
  CHECK(one.encode_pair("a", "a").segments == ids{0, 0, 0, 0, 0});
  CHECK(one.as<wordpiece>() == t.as<wordpiece>());
}

}  // namespace tokenizer_test

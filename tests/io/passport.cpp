#include <weft/io/passport.hpp>

#include <limits>

#include "catch.hpp"
#include "io/refusal.hpp"

namespace passport_test {
namespace {

weft::passport example() {
  weft::passport p{.facts = {{"promise", "bits version", "1"},
                             {"weights", "a.weight", std::string(64, 'a')},
                             {"weights", "b.weight", std::string(64, 'b')},
                             {"vector", "pooling", "mean"}},
                   .build = "avx2+fma",
                   .why_not = "",
                   .texts = {{.name = "empty", .ids = {}, .vector = {0, 0}},
                             {.name = "long", .ids = {2, 7, 3}, .vector = {0.5f, -2}}}};
  for (auto& t : p.texts) weft::add_digests(t);
  return p;
}

bool says(const weft::passport_comparison& c, const std::string& sentence) {
  std::string all;
  for (const auto& s : c.sentences) all += s + "\n";
  UNSCOPED_INFO(all);
  return all.find(sentence) != all.npos;
}

}  // namespace

TEST_CASE("a passport is the same as itself, written as JSON and read again, with values and without") {
  const auto p = example();
  for (const bool values : {true, false}) {
    const auto again = weft::passport::parse(p.json(values), "again.json");
    CHECK(again.texts[1].vector.empty() != values);
    CHECK(again.texts[1].ids.empty() != values);
    const auto c = compare(p, again, "again.json");
    CHECK(c.verdict == weft::passport_verdict::same);
    CHECK(says(c, "the same as again.json"));
    CHECK(c.sentences.size() == 1);
  }
  // Python's hashlib.sha256(struct.pack('<3i', 2, 7, 3)) and ('<2f', 0.5, -2).
  CHECK(p.texts[1].ids_digest == weft::sha256().add(std::string_view("\2\0\0\0\7\0\0\0\3\0\0\0", 12)).digest());
  CHECK(p.texts[1].vector_digest == weft::sha256().add(std::string_view("\0\0\0\x3f\0\0\0\xc0", 8)).digest());
  CHECK_THAT(p.table(), mentions("bits version    1\n"));
  CHECK_THAT(p.table(), mentions("weights         "));
  CHECK_THAT(p.table(), mentions(" of 3 tokens, ids "));
}

TEST_CASE("what differs between passports is named, the first first") {
  using enum weft::passport_verdict;
  const auto p = example();
  auto other = p;
  other.facts[2].value[0] = 'c';
  auto c = compare(p, other, "f.json");
  CHECK(c.verdict == differs);
  CHECK(c.sentences.front() == "differs from f.json");
  CHECK(says(c, "weights \"b.weight\": bbbbbbbbbbbbbbbb... here, cbbbbbbbbbbbbbbb... there"));
  CHECK(says(c, "the vectors of all texts have the same bits all the same"));

  other = p, other.facts.push_back({"weights", "c.weight", "d"});
  CHECK(says(compare(p, other), "weights \"c.weight\": only there"));
  CHECK(says(compare(other, p), "weights \"c.weight\": only here"));
  other = p, other.facts[3].value = "first_token";
  CHECK(says(compare(p, other), "vector \"pooling\": mean here, first_token there"));

  other = p, other.texts[1].ids[1] = 8, add_digests(other.texts[1]);
  c = compare(p, other);
  CHECK(c.verdict == differs);
  CHECK(says(c, "text \"long\": other ids, first token 1: 7 here, 8 there"));
  other.texts[1].ids = {2}, add_digests(other.texts[1]);
  CHECK(says(compare(p, other), "3 tokens here, 1 there"));
  CHECK(says(compare(other, p), "1 tokens here, 3 there"));

  other = p, other.texts.pop_back();
  CHECK(says(compare(p, other), "texts: \"long\" only here"));
  CHECK(compare(p, other).verdict == differs);
  CHECK(compare(other, p).verdict == differs);

  other = p;
  for (int i = 0; i < 9; ++i) other.facts.push_back({"weights", std::to_string(i), "x"});
  CHECK(says(compare(p, other), "weights: and 6 more"));
}

TEST_CASE("vectors that differ are measured, and are rounding only where a build says why") {
  using enum weft::passport_verdict;
  const auto p = example();
  auto other = p;
  other.texts[1].vector[0] = 0.5f + 1e-6f, add_digests(other.texts[1]);
  auto c = compare(p, other);
  CHECK(c.verdict == differs);
  CHECK(c.error == Approx(5e-7).epsilon(0.1));
  CHECK(says(c, "although both builds keep the promise"));
  CHECK(says(c, "text \"long\": another vector, first value 0: 0.5 here, "));
  other.why_not = "no fused multiply-add";
  c = compare(p, other, "f.json");
  CHECK(c.verdict == to_rounding);
  CHECK(says(c, " of a vector's largest value (f.json: no fused multiply-add)"));
  CHECK(compare(other, p).verdict == to_rounding);
  other.texts[1].vector[0] = 0.6f, add_digests(other.texts[1]);
  CHECK(compare(p, other).verdict == differs);
  other.texts[1].vector[0] = std::numeric_limits<float>::infinity(), add_digests(other.texts[1]);
  CHECK(compare(p, other).verdict == differs);
  const auto digests = weft::passport::parse(other.json(false), "f.json");
  c = compare(p, digests, "f.json");
  CHECK(c.verdict == differs);
  CHECK(c.error < 0);
  CHECK(says(c, "made with --vectors"));
}

TEST_CASE("every NaN has one digest") {
  weft::passport_text one{.name = "", .vector = {std::numeric_limits<float>::quiet_NaN()}}, other = one;
  other.vector[0] = std::bit_cast<float>(0xffc01234u);
  add_digests(one), add_digests(other);
  CHECK(one.vector_digest == other.vector_digest);
}

TEST_CASE("what is no passport is refused in words") {
  const auto refused = [](const std::string& json) {
    return refusal_of([&] { weft::passport::parse(json, "p.json"); });
  };
  const std::string whole =
      R"({"passport":1,"facts":{"a":{"b":"c"}},"build":{"architecture":"x"},"texts":[{"name":"n","tokens":1,"ids_digest":"i","vector_digest":"v","ids":[1],"values":"AACAPw=="}]})";
  CHECK(weft::passport::parse(whole, "p.json").texts[0].vector == std::vector<float>{1});
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = whole;
    return refused(text.replace(text.find(from), from.size(), to));
  };
  CHECK_THAT(refused("{}"), mentions("p.json: passport: found no such key"));
  CHECK_THAT(with("\"passport\":1", "\"passport\":2"), mentions("found 2, wanted an integer from 1 to 1"));
  CHECK_THAT(with(R"({"a":{"b":"c"}})", "[]"),
             mentions("facts: found an array of 0 values, wanted an object of objects"));
  CHECK_THAT(with(R"({"b":"c"})", "3"), mentions("a: found 3, wanted an object of texts"));
  CHECK_THAT(with(R"("c")", "3"), mentions("b: found 3, wanted a string"));
  CHECK_THAT(with("AACAPw==", "AACAP"), mentions("values: found \"AACAP\", wanted 32-bit floats in base64"));
  CHECK_THAT(with("AACAPw==", "AAA="), mentions("wanted 32-bit floats in base64"));
  CHECK_THAT(with("[1]", "[-1]"), mentions("ids: found -1, wanted whole numbers of 31 bits"));
  CHECK_THAT(with("[1]", "7"), mentions("ids: found 7, wanted an array of ids"));
  CHECK_THAT(with(R"("tokens":1)", R"("tokens":-1)"), mentions("tokens: found -1"));
  CHECK_THAT(refused(whole.substr(0, 40)), mentions("p.json"));
}

}  // namespace passport_test

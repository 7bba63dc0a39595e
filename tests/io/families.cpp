// Every key of every family: one at a time is changed, the type of the reference's defaults refuses it by name, and the
// type that is written for it has the new value. A family that is added is tested here by itself.
#include <cmath>
#include <weft/io/families.hpp>

#include <weft/io/load.hpp>
#include <weft/io/spec_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace families_test {

using namespace weft;

// A list of layers as JSON has it: the second word where a bit is set.
std::string list_of(const family_facts& f, const key& k, double value) {
  std::string all;
  index_t layers = 0;
  for (const auto& one : f.keys)
    if (one.name == "num_hidden_layers") layers = static_cast<index_t>(one.otherwise);
  for (index_t i = 0; i < layers; ++i)
    all += (i ? ", \"" : "[\"") + std::string(k.words[static_cast<std::size_t>(static_cast<index_t>(value) >> i & 1)]) +
           "\"";
  return all + "]";
}
std::string words_of_list(const key& k, double value, const std::string& quote) {
  std::string all;
  for (auto left = static_cast<index_t>(value); left > 0; left /= 16)
    all += (all.empty() ? quote : ", " + quote) + std::string(k.words[static_cast<std::size_t>(left % 16 - 1)]) + quote;
  return all;
}
// The value of a key as JSON has it.
std::string json_of(const key& k, double value) {
  if (k.kind == key_kind::flag) return value != 0 ? "true" : "false";
  if (k.kind == key_kind::word_list) return "[" + words_of_list(k, value, "\"") + "]";
  if (k.kind == key_kind::word) return "\"" + std::string(k.words[static_cast<std::size_t>(value)]) + "\"";
  if (k.kind == key_kind::set) {
    std::string all;
    for (std::size_t i = 0; i < k.words.size(); ++i)
      if ((static_cast<index_t>(value) >> i & 1) != 0)
        all += (all.empty() ? "\"" : ", \"") + std::string(k.words[i]) + "\"";
    return "[" + all + "]";
  }
  return k.kind == key_kind::decimal ? json_shown(value) : std::to_string(static_cast<index_t>(value));
}
configuration with(const family_facts& f, const std::string& keys) {
  std::string mark;
  for (const auto& k : f.keys)
    if (k.name == f.mark) mark = ", \"" + std::string(f.mark) + "\": " + json_of(k, k.otherwise);
  return configuration::parse("{\"model_type\": \"" + std::string(f.model_type) + "\"" + mark + keys + "}", "c.json");
}
configuration changed(const family_facts& f, const key& k, double value) {
  std::string name(k.spelt), end;
  for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.')) name.replace(dot, 1, "\": {\""), end += "}";
  return with(f,
              ", \"" + name + "\": " + (k.kind == key_kind::layers ? list_of(f, k, value) : json_of(k, value)) + end);
}
// Another value of a key that goes together with the other keys' defaults.
double another_value(const family_facts& f, const key& k) {
  std::vector<double> candidates;
  if (k.kind == key_kind::flag) candidates = {1 - k.otherwise};
  if (k.kind == key_kind::decimal) candidates = {1e-3};
  if (k.kind == key_kind::layers) candidates = {0b100};
  if (k.kind == key_kind::word_list) candidates = {k.otherwise + 1};  // the first layer is of the next kind
  if (k.kind == key_kind::set) candidates = {0b10};
  if (k.kind == key_kind::word)
    for (std::size_t i = 0; i < k.words.size(); ++i)
      if (k.words[i].substr(0, 4) != k.words[static_cast<std::size_t>(k.otherwise)].substr(0, 4))
        candidates.push_back(static_cast<double>(i));
  if (k.kind == key_kind::integer)
    candidates = {2 * k.otherwise, k.otherwise + 2, k.otherwise + 1, k.otherwise - 1, 16};
  for (const auto value : candidates)
    if (std::abs(value - k.otherwise) > 0 && (value > 0 || k.otherwise > 0) &&
        refusal_of([&] { changed(f, k, value); }).empty())
      return value;
  FAIL("no other value of " << k.name);
  return k.otherwise;
}

template <class Family>
std::string refusal_by_defaults(const configuration& c) {
  using type = typename Family::template type<typename Family::numbers{}>;
  return refusal_of([&] {
    const agreement says(c);
    says.family(type::family);
    Family::template say<type>(says);
    each_task<typename type::tasks>([&]<class Head>(std::string_view, std::type_identity<Head>) {
      weft::detail::say_head_of<Family, type, Head>(says);
    });
  });
}

TEST_CASE("the type of the reference's defaults refuses every key that is changed, in every family") {
  int keys = 0;
  all_families::each([&]<class Family>(Family) {
    const auto& f = facts_of<Family>;
    INFO(f.model_type);
    CHECK(refusal_by_defaults<Family>(with(f, "")) == "");
    for (const auto& k : f.keys) {
      if (!k.number) continue;
      ++keys;
      const auto other = another_value(f, k);
      const auto c = changed(f, k, other);
      const auto said = refusal_by_defaults<Family>(c);
      INFO(k.name << ": " << json_of(k, other) << ": " << said);
      const auto found = k.kind == key_kind::layers      ? std::string(k.words[1]) + " in layers 2"
                         : k.kind == key_kind::word_list ? words_of_list(k, other, "")
                                                         : json_of(k, other);
      CHECK(said.find("c.json: " + std::string(k.spelt) + ": found " + found + ", wanted ") == 0);
      CHECK_THAT(spec_of(c, "type").text,
                 mentions("." + std::string(k.name) + " = " + weft::detail::number_text(k, c) + ","));
    }
  });
  CHECK(keys > 85);
}

TEST_CASE("families are found by their model_type, and say what readers need") {
  CHECK(!find_family("llama"));
  CHECK(!find_family(""));
  CHECK(find_family("camembert")->family == "roberta");
  CHECK(find_family("ernie")->family == "bert");
  CHECK(find_family("dpr")->family == "bert");
  for (const auto* f : families) {
    INFO(f->model_type);
    CHECK(find_family(f->model_type, [&](std::string_view key) { return key == f->mark; }) == f);
    if (f->mark.empty()) CHECK(find_family(f->model_type) == f);
    CHECK((!f->prefix.empty() || f->model_type == "bert_bilstm"));  // a student has no encoder inside
    CHECK(!f->tokenizer.empty());
    CHECK(std::filesystem::exists(std::filesystem::path(WEFT_TEST_DATA) / "../../include/weft/model" /
                                  (std::string(f->header) + ".hpp")));
  }
}

}  // namespace families_test

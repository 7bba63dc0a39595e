#include <map>
#include <sstream>
#include <weft/text/characters.hpp>

#include "catch.hpp"
#include "text/golden.hpp"

namespace characters_test {

using namespace weft;

std::vector<bool> members(const nlohmann::json& ranges) {
  std::vector<bool> in(0x110000);
  for (const auto& range : ranges)
    for (int c = range[0]; c <= range[1].get<int>(); ++c) in[static_cast<std::size_t>(c)] = true;
  return in;
}

std::map<char32_t, std::u32string> mappings(const nlohmann::json& map) {
  std::map<char32_t, std::u32string> out;
  for (const auto& [from, to] : map.items()) {
    std::istringstream points(to.get<std::string>());
    std::u32string& text = out[static_cast<char32_t>(std::stoul(from, nullptr, 16))];
    for (std::string point; points >> point;) text += static_cast<char32_t>(std::stoul(point, nullptr, 16));
  }
  return out;
}

std::u32string text(const short_text& s) { return {s.begin(), s.end()}; }

TEST_CASE("every code point is what the reference's list says", "[characters]") {
  const auto data = nlohmann::json::parse(golden::content("wordpiece/code_points.json"));
  const auto removed = members(data["removed"]), space = members(data["space"]), spaced = members(data["spaced"]),
             accent = members(data["accent"]), punctuation = members(data["punctuation"]),
             white_space = members(data["white_space_split"]);
  const auto lower = mappings(data["lower"]), strip = mappings(data["strip"]), uncased = mappings(data["uncased"]);
  const auto lowered = [&](char32_t c) { return lower.count(c) ? lower.at(c) : std::u32string(1, c); };

  std::vector<char32_t> wrong;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const character_class kind = classify(c);
    bool right = kind.removed() == removed[c] && kind.space() == space[c] && kind.chinese() == spaced[c] &&
                 kind.accent() == accent[c] && kind.punctuation() == punctuation[c] &&
                 kind.white_space() == white_space[c];
    const bool hangul = c >= 0xac00 && c <= 0xd7a3;
    if (!removed[c] && !space[c]) {
      right = right && text(lower_case(c)) == lowered(c);
      std::u32string both;
      for (const char32_t base : strip_accents(c)) both += text(lower_case(base));
      if (!hangul) {
        const std::u32string bases = accent[c] ? U"" : strip.count(c) ? strip.at(c) : std::u32string(1, c);
        right = right && text(strip_accents(c)) == bases && both == (uncased.count(c) ? uncased.at(c) : lowered(c));
      }
    }
    if (!right) wrong.push_back(c);
  }
  CHECK(wrong.empty());
}

TEST_CASE("Hangul syllables come apart by the algorithm", "[characters]") {
  CHECK(text(strip_accents(0xac00)) == U"\u1100\u1161");
  CHECK(text(strip_accents(0xac01)) == U"\u1100\u1161\u11a8");
  CHECK(text(strip_accents(0xd7a3)) == U"\u1112\u1175\u11c2");
}

}  // namespace characters_test

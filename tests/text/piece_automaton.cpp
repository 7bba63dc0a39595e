#include <weft/text/piece_automaton.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "catch.hpp"

namespace piece_automaton_test {

using weft::index_t;
using weft::piece_automaton;

// Words of a, b and c up to a length, some of them.
std::vector<std::string> some_words(std::uint32_t seed) {
  std::vector<std::string> words;
  for (std::uint32_t n = 0; n < 12; ++n) {
    std::string word;
    const std::uint32_t length = 1 + (seed = seed * 1664525 + 1013904223) % 6;
    for (std::uint32_t i = 0; i < length; ++i)
      word += static_cast<char>('a' + ((seed = seed * 1664525 + 1013904223) >> 24) % 3);
    words.push_back(word);
  }
  return words;
}

TEST_CASE("every piece that ends at a place, the longest first") {
  piece_automaton pieces;
  int id = 0;
  for (const std::string piece : {"she", "he", "hers", "e", "", "he"}) pieces.add(piece.begin(), piece.end(), id++);
  pieces.finish();
  std::string found;
  std::int32_t state = 0;
  for (const char c : std::string("ushers")) {
    state = pieces.next(state, c);
    pieces.for_each(
        state, [&](piece_automaton::piece p) { found += std::to_string(p.id) + ":" + std::to_string(p.bytes) + " "; });
    found += "| ";
  }
  CHECK(found == "| | | 0:3 1:2 3:1 | | 2:4 | ");
  CHECK(pieces.find("she") == 0);
  CHECK(pieces.find("he") == 1);  // the first of two
  CHECK(pieces.find("h") == -1);
  CHECK(pieces.find("hex") == -1);
  CHECK(pieces.find("") == -1);
}

TEST_CASE("the same pieces as by trying every place") {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const auto words = some_words(seed);
    piece_automaton pieces, backwards;
    for (std::size_t i = 0; i < words.size(); ++i) {
      pieces.add(words[i].begin(), words[i].end(), static_cast<std::int32_t>(i));
      backwards.add(words[i].rbegin(), words[i].rend(), static_cast<std::int32_t>(i));
    }
    pieces.finish(), backwards.finish();
    std::string text;
    for (const auto& w : some_words(seed + 1000)) text += w;
    std::map<std::size_t, std::string> longest;
    std::int32_t state = 0;
    for (std::size_t end = 1; end <= text.size(); ++end) {
      std::set<std::string> wanted, found;
      for (const auto& w : words)
        if (std::string_view(text).substr(0, end).ends_with(w)) {
          wanted.insert(w);
          auto& best = longest[end - w.size()];
          if (w.size() > best.size()) best = w;
        }
      state = pieces.next(state, text[end - 1]);
      index_t last = 1000;
      pieces.for_each(state, [&](piece_automaton::piece p) {
        found.insert(words[static_cast<std::size_t>(p.id)]);
        REQUIRE(p.bytes < last);
        last = p.bytes;
      });
      REQUIRE(found == wanted);
    }
    std::map<std::size_t, std::string> places;
    for (const auto& [place, piece] : backwards.beginnings(text))
      places[static_cast<std::size_t>(place)] = words[static_cast<std::size_t>(piece.id)];
    REQUIRE(places == longest);
  }
}

TEST_CASE("nothing is found without pieces") {
  piece_automaton none;
  const std::string nothing;
  none.add(nothing.begin(), nothing.end(), 1);
  none.finish();
  CHECK(none.empty());
  CHECK(none.beginnings("abc").empty());
}

TEST_CASE("a table finds what was put into it") {
  weft::detail::flat_table<int> table;
  CHECK(!table.find(1));
  for (std::uint64_t k = 0; k < 1000; ++k) table.at(k * k, 0) = static_cast<int>(k);
  table.at(16, 7) += 1;
  CHECK(table.size() == 1000);
  CHECK(*table.find(16) == 5);
  CHECK(*table.find(999 * 999) == 999);
  CHECK(!table.find(17));
}

}  // namespace piece_automaton_test

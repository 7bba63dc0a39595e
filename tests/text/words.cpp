#include <vector>
#include <weft/text/words.hpp>

#include "catch.hpp"

namespace words_test {

using namespace weft;

TEST_CASE("words end at white space and punctuation", "[words]") {
  const auto words = [](const std::string& text) {
    std::vector<std::string> out;
    for_each_word(text, [&](weft::index_t begin, weft::index_t end) {
      out.push_back(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    });
    return out;
  };
  using list = std::vector<std::string>;
  CHECK(words("") == list{});
  CHECK(words("  ") == list{});
  CHECK(words("don't stop") == list{"don", "'", "t", "stop"});
  CHECK(words("$5.00~") == list{"$", "5", ".", "00", "~"});
  CHECK(words("a\xe3\x80\x80"
              "b\xe3\x80\x82") == list{"a", "b", "\xe3\x80\x82"});  // ideographic space and full stop
}

}  // namespace words_test

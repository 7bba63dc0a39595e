#include <weft/text/sequence_template.hpp>

#include "catch.hpp"

namespace sequence_template_test {

using namespace weft;

using ids = std::vector<std::int32_t>;

encoding texts(std::initializer_list<std::int32_t> tokens) {
  encoding e;
  weft::index_t at = 0;
  for (const auto id : tokens) e.add(id, 0, {at, at + 1}), ++at;
  return e;
}

TEST_CASE("special tokens stand where the template says") {
  const encoding a = texts({11, 12, 13}), b = texts({21});
  const auto bert = sequence_template::bert(1, 2).compose(a, {0, 2}, &b, {0, 1});
  CHECK(bert.ids == ids{1, 11, 12, 2, 21, 2});
  CHECK(bert.segments == ids{0, 0, 0, 0, 1, 1});
  CHECK(bert.first == token_range{1, 3});
  CHECK(bert.second == token_range{4, 5});
  CHECK(bert.offsets[2] == text_range{1, 2});
  const auto roberta = sequence_template::roberta(1, 2).compose(a, {1, 3}, &b, {0, 1});
  CHECK(roberta.ids == ids{1, 12, 13, 2, 2, 21, 2});
  CHECK(roberta.segments == ids(7, 0));
  CHECK(roberta.second == token_range{5, 6});
  CHECK(sequence_template::roberta(1, 2).compose(a, {0, 1}, nullptr, {}).ids == ids{1, 11, 2});
  const auto plain = sequence_template::plain().compose(a, {0, 1}, &b, {0, 1});
  CHECK(plain.ids == ids{11, 21});
  CHECK(plain.segments == ids{0, 1});
}

TEST_CASE("special tokens are counted") {
  CHECK(sequence_template::bert(1, 2).special_tokens(false) == 2);
  CHECK(sequence_template::bert(1, 2).special_tokens(true) == 3);
  CHECK(sequence_template::roberta(1, 2).special_tokens(true) == 4);
  CHECK(sequence_template::plain().special_tokens(true) == 0);
}

}  // namespace sequence_template_test

#include <weft/io/json.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace json_test {

std::string refusal(const std::string& text) {
  INFO(text.substr(0, 60));
  const auto said = refusal_of([&] { (void)weft::parse_json(text, "some.json"); });
  CHECK((said.empty() || said.starts_with("some.json")));
  return said;
}

TEST_CASE("a document is parsed as it stands") {
  const auto j = weft::parse_json(R"( {"a": [1, -2, 2.5, true, null, "é"], "b": {"a": {}}, "c": [[], {}]} )", "f");
  CHECK(j.dump() == R"({"a":[1,-2,2.5,true,null,"é"],"b":{"a":{}},"c":[[],{}]})");
  CHECK(weft::parse_json("3", "f") == 3);
}

TEST_CASE("what is no strict JSON is refused with the file's name and the place") {
  CHECK_THAT(refusal("\xef\xbb\xbf{}"), mentions("byte order mark"));
  CHECK_THAT(refusal("{\"a\": 1,}"), mentions("byte 9"));
  CHECK_THAT(refusal("{\"a\": 1"), mentions("byte 8"));
  CHECK_THAT(refusal(""), mentions("byte 1"));
  CHECK_THAT(refusal("{} {}"), mentions("byte 4"));
  CHECK_THAT(refusal(std::string("{}\0", 3)), mentions("NUL"));
  CHECK_THAT(refusal("{\"a\": NaN}"), mentions("byte"));
  CHECK_THAT(refusal("{\"a\": Infinity}"), mentions("byte"));
  CHECK_THAT(refusal("{\"a\": \"\xff\"}"), mentions("UTF-8"));
  CHECK_THAT(refusal("{\"a\": \"\\ud800\"}"), mentions("surrogate"));
  CHECK_THAT(refusal("// no\n{}"), mentions("byte"));
  CHECK_THAT(refusal("{\"a\": 1, \"b\": {\"c\": 1, \"c\": 1}}"), mentions("\"c\": found the key twice"));
  CHECK_THAT(refusal("{\"a\": " + std::string(400, '9') + "}"), mentions("no double can hold"));
  CHECK_THAT(refusal("{\"a\": 1e999}"), mentions("no double can hold"));
}

TEST_CASE("nesting is bounded, and so is the stack") {
  CHECK_THAT(refusal("{\"a\": " + std::string(100000, '[')), mentions("64 levels"));
  CHECK_THAT(refusal(std::string(65, '[') + std::string(65, ']')), mentions("64 levels"));
  CHECK(refusal(std::string(64, '[') + std::string(64, ']')).empty());
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  CHECK_THAT(refusal(objects), mentions("64 levels"));
}

TEST_CASE("messages are short and have no control characters, whatever the file holds") {
  CHECK(refusal("{\"" + std::string(1000000, 'x') + "\": \x01}").size() < 500);
  CHECK(refusal("\"" + std::string(1000000, 'x')).size() < 500);
  const std::string key = "\\u001b" + std::string(100000, 'y');
  const auto text = refusal("{\"" + key + "\": 1, \"" + key + "\": 2}");
  CHECK(text.size() < 500);
  CHECK_THAT(text, !mentions("\x1b"));
  CHECK(weft::detail::shown(std::string(99, 'a') + "é") == "\"" + std::string(99, 'a') + "...\"");
}

TEST_CASE("accessors name the key, what was found and what was wanted") {
  const auto j = weft::parse_json(
      R"({"n": 8, "s": "8", "f": 8.0, "big": 18446744073709551615, "b": true, "z": null, "o": {}})", "f");
  CHECK(weft::json_integer(j, "n", "f", 1, 8) == 8);
  CHECK(weft::json_integer(j, "z", "f", 1, 8, 3) == 3);
  CHECK(weft::json_integer(j, "absent", "f", 1, 8, 3) == 3);
  CHECK(weft::json_number(j, "n", "f") == 8.0);
  CHECK(weft::json_number(j, "f", "f") == 8.0);
  CHECK(weft::json_text(j, "s", "f") == "8");
  CHECK(weft::json_text(j, "absent", "f", "x") == "x");
  CHECK(weft::json_flag(j, "b", "f"));
  CHECK(!weft::json_flag(j, "absent", "f", false));
  CHECK(refusal_of([&] { weft::json_integer(j, "n", "f", 9, 10); }) == "f: n: found 8, wanted an integer from 9 to 10");
  CHECK(refusal_of([&] { weft::json_integer(j, "s", "f", 9, 10); }) ==
        "f: s: found \"8\", wanted an integer from 9 to 10");
  CHECK(refusal_of([&] { weft::json_integer(j, "f", "f", 1, 10); }) ==
        "f: f: found 8.0, wanted an integer from 1 to 10");
  CHECK_THAT(refusal_of([&] { weft::json_integer(j, "big", "f", -10, 10); }), mentions("18446744073709551615"));
  CHECK(refusal_of([&] { weft::json_integer(j, "absent", "f", 1, 10); }) ==
        "f: absent: found no such key, wanted a value");
  CHECK(refusal_of([&] { weft::json_number(j, "s", "f"); }) == "f: s: found \"8\", wanted a number");
  CHECK(refusal_of([&] { weft::json_text(j, "o", "f"); }) == "f: o: found an object of 0 keys, wanted a string");
  CHECK(refusal_of([&] { weft::json_flag(j, "n", "f"); }) == "f: n: found 8, wanted true or false");
  CHECK_THAT(refusal_of([&] { weft::json_flag(j["s"], "n", "f"); }), mentions("wanted an object"));
}

}  // namespace json_test

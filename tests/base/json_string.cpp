#include <weft/base/json_string.hpp>

#include "catch.hpp"

namespace {
std::string written(std::string_view text, std::string_view numbered = {}) {
  std::string s;
  weft::detail::append_json_string(s, text, numbered);
  return s;
}
}  // namespace

TEST_CASE("a text as a JSON string: quotes are escaped, what a terminal obeys has its number") {
  CHECK(written("") == "\"\"");
  CHECK(written("a \"b\" \\ \xc3\xa9 \xf0\x9f\x90\xb1") == "\"a \\\"b\\\" \\\\ \xc3\xa9 \xf0\x9f\x90\xb1\"");
  CHECK(written(std::string_view("\n\0\x7f", 3)) == "\"\\u000a\\u0000\\u007f\"");
  CHECK(written("\xc2\x9b\xe2\x80\xa8") == "\"\\u009b\\u2028\"");
  CHECK(written("\xff\xe9\x9b") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  CHECK(written("<a & b>", "<>&") == "\"\\u003ca \\u0026 b\\u003e\"");
}

#include <weft/base/base64.hpp>

#include <string>

#include "catch.hpp"

namespace base64_test {

using weft::detail::decode_base64;
using weft::detail::encode_base64;

TEST_CASE("base64 with its padding, and nothing else") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("+/+/") == "\xfb\xff\xbf");
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zg==Zg==", "Zm9-", "Zm 9v", "=m9v"})
    CHECK(!decode_base64(wrong));
}

TEST_CASE("what is written as base64 is read back") {
  CHECK(encode_base64("f") == "Zg==");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

}  // namespace base64_test

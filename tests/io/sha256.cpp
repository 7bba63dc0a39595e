#include <weft/io/sha256.hpp>

#include "catch.hpp"

using weft::sha256;

TEST_CASE("SHA-256 has the digests of FIPS 180-4, however the bytes are cut") {
  CHECK(sha256().digest() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256().add("abc").digest() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256().add("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").digest() ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  CHECK(sha256().add(million).digest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  sha256 pieces;
  for (std::size_t from = 0, step = 1; from < million.size(); from += step, step = step * 2 % 191 + 1)
    pieces.add(std::string_view(million).substr(from, step));
  CHECK(pieces.digest() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 takes integers with the lowest byte first") {
  CHECK(sha256().add(std::uint32_t{0x64636261}).digest() == sha256().add("abcd").digest());
}

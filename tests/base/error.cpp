#include <weft/base/error.hpp>

#include "catch.hpp"

TEST_CASE("a complaint becomes one sentence that keeps its parts") {
  const weft::error e({.file = "model/config.json",
                       .subject = "hidden_size",
                       .found = "512",
                       .wanted = "768",
                       .remedy = "use another spec"});
  CHECK(e.what() == std::string("model/config.json: hidden_size: found 512, wanted 768; use another spec"));
  CHECK(e.subject == "hidden_size");
}

TEST_CASE("empty parts leave no trace in the sentence") {
  CHECK(weft::error({.subject = "batch", .found = "it is empty"}).what() == std::string("batch: it is empty"));
}

TEST_CASE("fail throws weft::error") { CHECK_THROWS_AS(weft::fail("no"), weft::error); }

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

TEST_CASE("copies of an error keep its parts when it is gone") {
  weft::error kept("no");
  {
    const weft::error e({.file = "a", .subject = "b", .found = "c", .wanted = "d", .remedy = "e"});
    kept = e;
    kept = *&kept;
  }
  const weft::error copy = kept;
  kept = weft::error("other");
  const std::string file = copy.file;
  CHECK(file + "|" == "a|");
  CHECK(copy.remedy == std::string("e"));
  CHECK(copy.what() == std::string("a: b: found c, wanted d; e"));
  CHECK(kept.what() == std::string("other"));
  CHECK(kept.file.empty());
}

TEST_CASE("fail throws weft::error") { CHECK_THROWS_AS(weft::fail("no"), weft::error); }

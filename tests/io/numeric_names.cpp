#include <weft/io/numeric_names.hpp>

#include <weft/io/spec_source.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace numeric_names_test {

TEST_CASE("numeric policies are named, and others refused with those that are known") {
  CHECK(weft::numeric_named("int8").type == "int8<>");
  CHECK(weft::numeric_named("int8_7").type == "int8<7>");
  CHECK(weft::numeric_words().size() == std::size(weft::numeric_names));
  CHECK_THAT(refusal_of([] { weft::numeric_named("float8"); }),
             mentions("found \"float8\", wanted one of float32, bfloat16, bfloat16_weights, int8, int8_7"));
}

TEST_CASE("a spec's text says its numeric") {
  const auto c = weft::configuration::parse(R"({"model_type": "bert"})");
  const auto text = [&](const char* numeric) { return weft::spec_of(c, "mine", "", false, numeric).text; };
  CHECK_THAT(text("int8"), mentions("#include <weft/numeric/int8.hpp>\n"));
  CHECK_THAT(text("int8"), mentions("  using numeric = weft::int8<>;\n"));
  CHECK_THAT(text("int8_7"), mentions("  using numeric = weft::int8<7>;\n"));
  CHECK(text("float32") == text(""));
  CHECK_THAT(refusal_of([&] { weft::spec_of(c, "mine", "", true, "int8"); }),
             mentions("int8 for a type of which a part runs, wanted a numeric that scales no columns"));
}

}  // namespace numeric_names_test

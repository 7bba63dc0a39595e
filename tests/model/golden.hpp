#pragma once
// A recorded checkpoint against its type: alone and on two workers.
#include <weft/model/electra.hpp>
#include <weft/verify/verify.hpp>

#include "catch.hpp"
#include "model/tied.hpp"
#include "one_at_a_time.hpp"

namespace weft_test {

template <class Spec, class... Heads>
void check_golden(const std::string& name) {
  const auto directory = std::filesystem::path(WEFT_TEST_DATA) / "models" / name;
  const auto alone = weft::verify<Spec, Heads...>(directory);
  REQUIRE(!alone.empty());
  for (const auto& r : alone) {
    INFO(name << " " << r.name << ": error " << r.error << ", tolerance " << r.tolerance);
    CHECK(r.within());
  }
  // Every head's output has to be among what was compared.
  if constexpr (sizeof...(Heads) > 0)
    CHECK(std::any_of(alone.begin(), alone.end(),
                      [](const auto& r) { return r.name.find("logits") != std::string::npos; }));
  one_at_a_time pool;
  const auto two = weft::verify<Spec, Heads...>(directory, pool);
  REQUIRE(two.size() == alone.size());
  for (std::size_t i = 0; i < two.size(); ++i) CHECK(two[i].error == alone[i].error);
  CHECK_FALSE(pool.nested);
  if (!weft::configuration::read(directory).tie_word_embeddings) return;
  check_tied(directory, weft::detail::prefix_of<Spec>(), weft::detail::ties_of<Spec, Heads...>(),
             weft::detail::names_of<Spec>(), alone, [](const auto& at) { return weft::verify<Spec, Heads...>(at); });
}

}  // namespace weft_test

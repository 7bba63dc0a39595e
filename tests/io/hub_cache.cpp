#include <weft/io/hub_cache.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace hub_cache_test {

using namespace weft;

TEST_CASE("a downloaded model is found by its name") {
  const auto cache = scratch_directory("hub");
  const std::string commit = "0123456789abcdef0123456789abcdef01234567";
  const auto model = cache / "models--org--some-name.v1";
  std::filesystem::create_directories(model / "snapshots" / commit);
  std::filesystem::create_directories(model / "refs");
  write_file(model / "refs/main", commit + "\n");
  CHECK(resolve_model("org/some-name.v1", "main", cache) == model / "snapshots" / commit);
  CHECK(resolve_model("org/some-name.v1", commit, cache) == model / "snapshots" / commit);
  CHECK_THAT(refusal_of([&] { resolve_model("org/some-name.v1", "v2", cache); }), mentions("--revision v2"));
  write_file(model / "refs/main", "../../../../etc");
  CHECK_THAT(refusal_of([&] { resolve_model("org/some-name.v1", "main", cache); }), mentions("refs/main"));

  std::filesystem::create_directories(cache / "models--bare/snapshots" / commit);
  std::filesystem::create_directories(cache / "models--bare/refs");
  write_file(cache / "models--bare/refs/main", commit);
  CHECK(resolve_model("bare", "main", cache) == cache / "models--bare/snapshots" / commit);
}

TEST_CASE("a path that exists wins, and one that does not says where weft looked") {
  const auto cache = scratch_directory("hub_none");
  CHECK(resolve_model(cache.string()) == cache);
  const auto text = refusal_of([&] { resolve_model("org/name", "main", cache); });
  CHECK_THAT(text, mentions("org/name: found no such directory"));
  CHECK_THAT(text, mentions((cache / "models--org--name").string()));
  CHECK_THAT(text, mentions("hf download org/name"));
  for (const std::string bad : {"../x/y", "a/b/c", "org/../x", "/absent/dir", "", "a//b", "./name"})
    CHECK(!refusal_of([&] { resolve_model(bad, "main", cache); }).empty());
  CHECK_THAT(refusal_of([&] { resolve_model("./name", "main", cache); }), mentions("no such file or directory"));
  CHECK(!refusal_of([&] { resolve_model("org/name", "../../x", cache); }).empty());
  std::filesystem::create_symlink("loop", cache / "loop");  // a path that cannot be followed is no name
  CHECK_THAT(refusal_of([&] { resolve_model((cache / "loop").string(), "main", cache); }), mentions("symbolic links"));
  CHECK_THAT(refusal_of([&] { resolve_model(std::string(300, 'n'), "main", cache); }), mentions("name too long"));
}

}  // namespace hub_cache_test

#include <weft/io/safetensors_writer.hpp>

#include <cstring>
#include <weft/io/as_floats.hpp>
#include <weft/io/safetensors.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace safetensors_writer_test {

using namespace weft;

TEST_CASE("what is written is read again, aligned") {
  const auto at = scratch_directory("writer");
  const std::vector<float> weights{1, 2, 3, 4, 5, 6}, none;
  const std::vector<std::int64_t> ids{-1, 1LL << 40};
  safetensors_writer out;
  out.add("w", {2, 3}, weights);
  out.add("i\"\n", {2}, ids);
  out.add("scalar", {}, list<const float>(weights.data(), 1));
  out.add("none", {0, 5}, none);
  out.metadata("made by", "weft");
  out.save(at / "model.safetensors");
  out.save(at / "model.safetensors");  // over an old one
  CHECK(std::distance(std::filesystem::directory_iterator(at), std::filesystem::directory_iterator()) == 1);

  const auto in = safetensors::open(at / "model.safetensors");
  REQUIRE(in.size() == 4);
  arena store;
  const auto w = as_floats(*in.find("w"), store);
  CHECK(store.bytes() == 0);
  CHECK(std::vector<float>(w.begin(), w.end()) == weights);
  CHECK(in.find("w")->shape == std::vector<weft::index_t>{2, 3});
  REQUIRE(in.find("i\"\n"));
  CHECK(in.find("i\"\n")->type == dtype::i64);
  CHECK(std::memcmp(in.find("i\"\n")->bytes.data(), ids.data(), 16) == 0);
  CHECK(in.find("scalar")->shape.empty());
  CHECK(in.find("none")->count() == 0);
  CHECK(in.metadata().size() == 2);
}

TEST_CASE("a file without tensors is a file") {
  const auto path = scratch_directory("writer_empty") / "f.safetensors";
  safetensors_writer().save(path);
  CHECK(safetensors::open(path).size() == 0);
}

TEST_CASE("the writer refuses what readers would") {
  const std::vector<float> one{1.f};
  safetensors_writer out;
  out.add("a", {1}, one);
  CHECK_THAT(refusal_of([&] { out.add("a", {1}, one); }), mentions("tensor \"a\": found a name that is taken"));
  CHECK_THAT(refusal_of([&] { out.add("b", {2}, one); }),
             mentions("tensor \"b\": found 1 values, wanted as many as the shape [2]"));
  CHECK(!refusal_of([&] { out.add("c", {-1, -1}, one); }).empty());
  CHECK(!refusal_of([&] { out.add("c", {weft::index_t{1} << 62, weft::index_t{1} << 62}, one); }).empty());
  CHECK(!refusal_of([&] { out.add("__metadata__", {1}, one); }).empty());
  const auto at = scratch_directory("writer_refuses");
  CHECK_THAT(refusal_of([&] { out.save(at / "no/such/directory"); }), mentions("no such directory"));
  std::filesystem::create_directory(at / "taken");
  write_file(at / "taken/x", "x");
  CHECK(!refusal_of([&] { out.save(at / "taken"); }).empty());
  CHECK(std::distance(std::filesystem::directory_iterator(at), std::filesystem::directory_iterator()) == 1);
  out.add("\xff", {1}, one);
  CHECK_THAT(refusal_of([&] { out.save(at / "f"); }), mentions("UTF-8"));
}

template <class Values>
constexpr bool takes = requires(safetensors_writer out, Values values) {
  out.add("t", std::vector<index_t>{1}, static_cast<Values&&>(values));
};
static_assert(takes<std::vector<float>&> && takes<const std::vector<float>&> && takes<list<const float>>);
static_assert(takes<const std::vector<std::int64_t>&>);
static_assert(!takes<std::vector<float>> && !takes<std::vector<std::int64_t>>, "what it views would be gone");
}  // namespace safetensors_writer_test

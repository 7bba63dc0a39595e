// Tables of whole numbers: what is read, and what is refused by its place; tables in a file beside the weights.
#include <filesystem>
#include <weft/io/as_integers.hpp>
#include <weft/io/checkpoint.hpp>
#include <weft/io/checkpoint_report.hpp>
#include <weft/io/safetensors_writer.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace as_integers_test {
namespace {
using weft::index_t;

std::string refused(const std::vector<std::int64_t>& values, index_t below) {
  weft::arena store;
  const weft::stored_tensor t{
      "hash_list",
      weft::dtype::i64,
      {static_cast<index_t>(values.size())},
      {reinterpret_cast<const std::byte*>(values.data()), static_cast<index_t>(values.size() * 8)},
      "in memory"};
  return refusal_of([&] { weft::as_integers(t, below, store); });
}
}  // namespace

TEST_CASE("whole numbers are read where they are below a number, and else refused by their place") {
  CHECK(refused({0, 3, 2}, 4).empty());
  CHECK(refused({}, 4).empty());
  CHECK_THAT(refused({0, 4, 2}, 4),
             mentions("hash_list") && mentions("found 4 as value 2 of 3, wanted whole numbers from 0 to 3"));
  CHECK_THAT(refused({0, 1, -1}, 4), mentions("found -1 as value 3 of 3"));
  CHECK_THAT(refused({std::int64_t{1} << 40}, 4), mentions("found 1099511627776 as value 1 of 1"));
  const std::int32_t small[] = {1, 0};
  weft::arena store;
  weft::stored_tensor t{"t", weft::dtype::i32, {2}, {reinterpret_cast<const std::byte*>(small), 8}, "in memory"};
  CHECK(weft::as_integers(t, 2, store)[0] == 1);
  t.type = weft::dtype::f32;
  CHECK_THAT(refusal_of([&] { weft::as_integers(t, 2, store); }), mentions("found F32, wanted a table of I64 or I32"));
}

TEST_CASE("tables may stand in a file beside the weights, each in one of the two") {
  const auto at = weft_test::temporary_folder() / "tables";
  std::filesystem::remove_all(at);
  std::filesystem::create_directories(at);
  weft::safetensors_writer weights, tables;
  const std::vector<float> one_two{1, 2};
  const std::vector<std::int64_t> table{0, 1, 3};
  weights.add("weight", {2}, one_two);
  weights.save(at / "model.safetensors");
  const std::vector<weft::tensor_request> wanted{{"weight", {2}}, {"table", {3}, {}, {}, 4}};
  CHECK_THAT(weft::compare(weft::checkpoint::open(at), wanted, "").sentence(),
             mentions("table: wanted [3] of whole numbers below 4, a table that may also stand in tables.safetensors"));
  tables.add("table", {3}, table);
  tables.save(at / "tables.safetensors");
  const auto both = weft::checkpoint::open(at);
  CHECK(both.size() == 2);
  CHECK(weft::compare(both, wanted, "").sound());
  tables.add("weight", {2}, one_two);
  tables.save(at / "tables.safetensors");
  CHECK_THAT(refusal_of([&] { weft::checkpoint::open(at); }),
             mentions("tables.safetensors") && mentions("\"weight\": found a tensor that"));
}
}  // namespace as_integers_test

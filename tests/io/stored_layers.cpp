#include <weft/io/stored_layers.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace stored_layers_test {

TEST_CASE("rows and columns of a stored matrix are taken as they are stored") {
  const std::vector<std::uint16_t> halves{1, 2, 3, 4, 5, 6};
  const weft::stored_tensor t{"t", weft::dtype::f16, {2, 3}, std::as_bytes(std::span(halves)), {}};
  const std::vector<weft::index_t> rows{1, 1, 0}, columns{2, 0};
  const auto is = [](const weft::new_tensor& made, const std::vector<std::uint16_t>& wanted) {
    const auto bytes = std::as_bytes(std::span(wanted));
    CHECK(std::equal(made.bytes.begin(), made.bytes.end(), bytes.begin(), bytes.end()));
  };
  const auto by_rows = weft::rows_of(t, rows), by_columns = weft::columns_of(t, columns);
  CHECK(by_rows.shape == std::vector<weft::index_t>{3, 3});
  CHECK(by_columns.shape == std::vector<weft::index_t>{2, 2});
  is(by_rows, {4, 5, 6, 4, 5, 6, 1, 2, 3});
  is(by_columns, {3, 1, 6, 4});
  const weft::stored_tensor vector{"v", weft::dtype::f16, {6}, std::as_bytes(std::span(halves)), {}};
  is(weft::rows_of(vector, columns), {3, 1});
}

TEST_CASE("a sentence-transformers directory keeps what makes vectors of rows") {
  namespace fs = std::filesystem;
  const auto folder = scratch_directory("stored_layers");
  fs::copy(fs::path(WEFT_TEST_DATA) / "models" / "bert_dynabert_rewired", folder / "from");
  fs::create_directory(folder / "from" / "1_Pooling");
  std::ofstream(folder / "from" / "1_Pooling" / "config.json") << "{}";
  std::ofstream(folder / "from" / "modules.json")
      << R"([{"type": "sentence_transformers.models.Transformer", "path": ""},
             {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}])";
  const weft::stored_layers model(folder / "from");
  CHECK(model.tensor(1, "intermediate.dense.bias").shape == std::vector<weft::index_t>{24});
  weft::new_directory to(folder / "to");
  model.write(to, "{}", {});
  CHECK(fs::exists(folder / "to" / "1_Pooling" / "config.json"));
  CHECK(fs::exists(folder / "to" / "modules.json"));
  CHECK(weft::safetensors::open(folder / "to" / "model.safetensors").size() == model.files().size());
}

}  // namespace stored_layers_test

#include <weft/io/checkpoint.hpp>

#include <weft/io/checkpoint_report.hpp>
#include <weft/io/safetensors_writer.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"

namespace checkpoint_test {

using namespace weft;

const std::filesystem::path data = WEFT_TEST_DATA;
std::string refusal_of_opening(const std::filesystem::path& path) {
  return refusal_of([&] { (void)checkpoint::open(path); });
}
const std::string one_tensor = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

TEST_CASE("a directory, a file and bytes in memory hold the same tensors") {
  const auto directory = data / "malformed/base";
  const auto a = checkpoint::open(directory), b = checkpoint::open(directory / "model.safetensors");
  const auto file = mapped_file::open(directory / "model.safetensors");
  const auto c = checkpoint::parse(file->bytes(), "memory", file);
  CHECK(a.size() > 10);
  CHECK(a.names() == b.names());
  CHECK(a.names() == c.names());
  CHECK(a.file() == (directory / "model.safetensors").string());
  CHECK(a.find(a.names()[0])->name == a.names()[0]);
  CHECK(a.find("no such tensor") == nullptr);
}

TEST_CASE("shards are one checkpoint") {
  const auto c = checkpoint::open(data / "models/bert_sharded");
  CHECK(checkpoint::open(data / "models/bert_sharded/model.safetensors.index.json").names() == c.names());
  REQUIRE(c.find("bert.embeddings.word_embeddings.weight"));
  CHECK(c.find("bert.embeddings.word_embeddings.weight")->shape.size() == 2);
  CHECK(checkpoint::open(data / "malformed/model/ok_sharded").size() ==
        checkpoint::open(data / "malformed/base").size());
}

TEST_CASE("tensors outlive the checkpoint where its owner is kept") {
  arena store;
  list<const float> values;
  {
    const auto c = checkpoint::open(data / "models/bert_sharded");
    store.keep(c.owner());
    values = as_floats(*c.find("bert.embeddings.word_embeddings.weight"), store);
  }
  arena other;
  const auto again = checkpoint::open(data / "models/bert_sharded");
  const auto wanted = as_floats(*again.find("bert.embeddings.word_embeddings.weight"), other);
  CHECK(values.size() > 0);
  CHECK(std::equal(values.begin(), values.end(), wanted.begin(), wanted.end()));
}

TEST_CASE("an index that is wrong is refused by name") {
  CHECK_THAT(refusal_of_opening(data / "malformed/model/shard_missing"), mentions("model-00002-of-00002.safetensors"));
  const auto escape = refusal_of_opening(data / "malformed/model/shard_escape");
  CHECK_THAT(escape, mentions("wanted the bare name"));
  const auto at = scratch_directory("shards");
  const auto index_of = [&](const std::string& text) {
    write_file(at / "model.safetensors.index.json", text);
    return refusal_of_opening(at);
  };
  write_file(at / "s.safetensors", safetensors_file(one_tensor, 8));
  CHECK(index_of(R"({"weight_map": {"a": "s.safetensors"}})").empty());
  for (const std::string bad :
       {"/etc/s.safetensors", "../s.safetensors", "a\\\\s.safetensors", "C:s.safetensors", "..", "", ".safetensors",
        ".s.safetensors", "s.bin", "s.safetensors/", "s\\u0000.safetensors"}) {
    INFO(bad);
    CHECK_THAT(index_of(R"({"weight_map": {"a": ")" + bad + "\"}}"), mentions("\"a\": found"));
  }
  CHECK_THAT(index_of(R"({"weight_map": {"a": 1}})"), mentions("\"a\": found 1"));
  CHECK_THAT(index_of(R"({"weight_map": {}})"), mentions("weight_map"));
  CHECK_THAT(index_of(R"({"weight_map": []})"), mentions("weight_map"));
  CHECK_THAT(index_of(R"({})"), mentions("weight_map: found no such key"));
  CHECK_THAT(index_of(R"([])"), mentions("weight_map"));
  CHECK_THAT(index_of(R"({"weight_map": {"b": "s.safetensors"}})"),
             mentions("tensor \"b\": found no such tensor in s.safetensors"));
  CHECK_THAT(index_of(R"({"weight_map": {"a": "t.safetensors"}})"), mentions("\"t.safetensors\": found no such file"));
}

TEST_CASE("a directory without weights says what was looked for, and how to convert") {
  CHECK_THAT(refusal_of_opening(data / "malformed/model/no_weights"), mentions("model.safetensors.index.json"));
  const auto at = scratch_directory("it's pickled");
  write_file(at / "pytorch_model.bin", "PK");
  const auto text = refusal_of_opening(at);
  CHECK_THAT(text, mentions("pytorch_model.bin: found a pickle"));
  CHECK_THAT(text, mentions("include <weft/io/torch_file.hpp>, call weft::read_torch_files() and link weft::torch"));
  CHECK_THAT(text, mentions("it'\\''s pickled' && python -c \""));
  CHECK_THAT(text, mentions("safetensors.torch"));
  CHECK_THAT(refusal_of_opening(at / "pytorch_model.bin"), mentions("pickle"));
  for (const auto* name : {"x.pt", "x.pth", "x.ckpt"})
    CHECK_THAT(refusal_of_opening(at / name), mentions("weft::torch"));
  write_file(at / "x.bin.index.json", R"({"weight_map": {"a": "pytorch_model.bin"}})");
  CHECK_THAT(refusal_of_opening(at / "x.bin.index.json"), mentions("weft::torch"));
  CHECK_THAT(refusal_of_opening(at / "nothing"), mentions("no such file"));
}

TEST_CASE("values are viewed where they are aligned F32, and copied otherwise") {
  const float values[] = {1.f, -2.5f};
  std::string bytes(reinterpret_cast<const char*>(values), 8);
  for (const std::size_t spaces : {0u, 1u, 2u, 3u, 4u}) {
    auto file = safetensors_file(one_tensor + std::string(spaces, ' ')) + bytes;
    const auto c = checkpoint::parse(bytes_of_text(file));
    arena store;
    const auto got = as_floats(*c.find("a"), store);
    REQUIRE(got.size() == 2);
    CHECK(got[0] == 1.f);
    CHECK(got[1] == -2.5f);
    const bool aligned = reinterpret_cast<std::uintptr_t>(c.find("a")->bytes.data()) % 4 == 0;
    CHECK((store.bytes() == 0) == aligned);
  }
}

TEST_CASE("other types are converted, or refused by name") {
  arena store;
  const auto converted = checkpoint::open(data / "malformed/model/ok_float64_weight");
  int doubles = 0;
  for (const auto& name : converted.names()) {
    const auto& t = *converted.find(name);
    doubles += t.type == dtype::f64;
    CHECK(as_floats(t, store).size() == t.count());
  }
  CHECK(doubles == 1);
  const auto integers = checkpoint::open(data / "malformed/model/integer_weight");
  std::string text;
  for (const auto& name : integers.names()) text += refusal_of([&] { (void)as_floats(*integers.find(name), store); });
  CHECK_THAT(text, mentions("attention.self.query.weight\": found I32, wanted F32, F16, BF16 or F64"));
}

TEST_CASE("parameters are found under all the names that checkpoints use") {
  const std::vector<float> one{1.f};
  const auto at = scratch_directory("names") / "model.safetensors";
  safetensors_writer out;
  for (const auto* name :
       {"bert.x.weight", "y.weight", "bert.e.LayerNorm.gamma", "f.LayerNorm.beta", "bert.both", "both"})
    out.add(name, {1}, one);
  out.save(at);
  const auto c = checkpoint::open(at);
  const auto find = [&](const char* name) -> std::string {
    const auto* t = find_parameter(c, name, "bert");
    return t ? t->name : "";
  };
  CHECK(find("bert.x.weight") == "bert.x.weight");
  CHECK(find("bert.y.weight") == "y.weight");
  CHECK(find("bert.e.LayerNorm.weight") == "bert.e.LayerNorm.gamma");
  CHECK(find("bert.f.LayerNorm.bias") == "f.LayerNorm.beta");
  CHECK(find("bert.both") == "bert.both");
  CHECK(find("x.weight").empty());
  CHECK(find("bert.e.LayerNorm.bias").empty());
  CHECK(find_parameter(c, "bert.y.weight", "") == nullptr);
  CHECK(is_ignored("bert.embeddings.position_ids"));
  CHECK(is_ignored("embeddings.position_ids"));
  CHECK(is_ignored("electra.embeddings.token_type_ids"));
  CHECK(!is_ignored("xembeddings.position_ids"));
  CHECK(!is_ignored("embeddings.position_embeddings.weight"));
}

TEST_CASE("one report has everything that is wrong") {
  const auto file =
      safetensors_file(R"({"q":{"dtype":"F32","shape":[4,16],"data_offsets":[0,256]},)"
                       R"("head":{"dtype":"F32","shape":[],"data_offsets":[256,260]},)"
                       R"("embeddings.position_ids":{"dtype":"I64","shape":[1,1],"data_offsets":[260,268]}})",
                       268);
  const auto c = checkpoint::parse(bytes_of_text(file));
  const auto sound = compare(c, {{"bert.q", {4, 16}}}, "bert");
  CHECK(sound.sound());
  CHECK(sound.sentence().empty());
  CHECK(sound.unused == std::vector<std::string>{"head"});
  auto report = compare(c, {{"bert.q", {8, 8}}, {"bert.k", {8}}}, "bert");
  CHECK(!report.sound());
  CHECK(report.sentence() ==
        "missing tensors (1):\n  bert.k: wanted [8]\ntensors of another shape (1):\n  q: found [4, 16], wanted [8, 8]\n"
        "tensors that the model does not use (1):\n  head");
  for (int i = 0; i < 30; ++i) report.add_missing("m" + std::to_string(i), std::vector<weft::index_t>{1});
  CHECK_THAT(report.sentence(), mentions("m18: wanted [1]\n  and 11 more\n"));
  // A parameter is found under the name of the one that it is tied to; both are missing once, and both shapes count.
  const tensor_request table{"bert.table", {4, 16}, "q"}, decoder{"q", {4, 16}, "bert.table"};
  CHECK(compare(c, {table, decoder}, "bert").sound());
  CHECK(find_parameter(c, table, "bert") == c.find("q"));
  CHECK(compare(c, {{"bert.table", {8}, "top"}, {"top", {8}, "bert.table"}}, "bert").missing ==
        std::vector<std::string>{"bert.table or top: wanted [8]"});
  CHECK(compare(c, {{"bert.table", {8}, "q"}, {"q", {8}, "bert.table"}}, "bert").misshapen ==
        std::vector<std::string>{"q: found [4, 16], wanted [8]"});
  CHECK(compare(c, {{"head", {}, "q"}}, "bert").misshapen == std::vector<std::string>{"q: found [4, 16], wanted []"});
}

// A checkpoint of tensors [1] with these names, all 1.
weft::checkpoint named(const std::vector<std::string>& names) {
  weft::safetensors_writer out;
  static const std::vector<float> one{1};
  for (const auto& name : names) out.add(name, {1}, one);
  out.save(weft_test::temporary_folder() / "named.safetensors");
  return weft::checkpoint::open(weft_test::temporary_folder() / "named.safetensors");
}

TEST_CASE("what stands in front of every name is passed over") {
  const std::vector<weft::tensor_request> wanted{
      {"bert.a.weight", {1}}, {"bert.b.LayerNorm.weight", {1}}, {"top", {1}}};
  const auto passed_over = [&](const std::vector<std::string>& names) {
    return weft::without_wrapper(named(names), wanted, "bert").passed_over();
  };
  CHECK(passed_over({"bert.a.weight", "bert.b.LayerNorm.weight", "top"}).empty());
  CHECK(passed_over({"a.weight", "b.LayerNorm.gamma", "top"}).empty());
  CHECK(passed_over({"module.bert.a.weight", "module.bert.b.LayerNorm.weight", "module.top", "loss.weight"}) ==
        "module.");
  CHECK(passed_over({"0.auto_model.a.weight", "0.auto_model.b.LayerNorm.gamma", "0.auto_model.top"}) ==
        "0.auto_model.");
  CHECK(passed_over({"module._orig_mod.bert.a.weight", "module._orig_mod.bert.b.LayerNorm.beta",
                     "module._orig_mod.bert.b.LayerNorm.gamma", "module._orig_mod.top"}) == "module._orig_mod.");
  // A head beside an encoder that has another name.
  CHECK(passed_over({"ernie.a.weight", "ernie.b.LayerNorm.weight", "top"}) == "ernie.");
  CHECK(passed_over({"ernie.a.weight", "top"}).empty());
  // One that is missing is then the one that is said.
  const auto most = named({"model.bert.a.weight", "model.bert.b.LayerNorm.weight"});
  const auto report = compare(weft::without_wrapper(most, wanted, "bert"), wanted, "bert");
  CHECK(report.missing == std::vector<std::string>{"top: wanted [1]"});
  CHECK(passed_over({"x.a.weight", "y.bert.b.LayerNorm.weight", "top"}).empty());
  // Two models: nothing says which.
  const auto two = named({"left.a.weight", "left.b.LayerNorm.weight", "left.top", "right.a.weight",
                          "right.b.LayerNorm.weight", "right.top"});
  CHECK_THAT(refusal_of([&] { weft::without_wrapper(two, wanted, "bert"); }),
             mentions("found two models of this type, below \"left.\" and below \"right.\", wanted one"));
}

TEST_CASE("another model's names have one cause, so few of them are said") {
  std::vector<std::string> names;
  std::vector<weft::tensor_request> wanted;
  for (int i = 0; i < 30; ++i)
    names.push_back("n" + std::to_string(i)), wanted.push_back({"m" + std::to_string(i), {1}});
  const auto said = compare(named(names), wanted, "").sentence();
  CHECK_THAT(said, mentions("none of the tensors is there: this is another model, or its names were changed\nmissing"));
  CHECK_THAT(said, mentions("and 27 more"));
  CHECK(std::count(said.begin(), said.end(), '\n') < 12);
}

}  // namespace checkpoint_test

#include <weft/io/torch_file.hpp>

#include <weft/io/load.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/model/bert.hpp>

#include "../io/refusal.hpp"
#include "catch.hpp"

namespace torch_file_test {

using namespace weft;

const std::filesystem::path data = std::filesystem::path(WEFT_TEST_DATA) / "torch";
std::string content(const std::string& name) { return std::string(mapped_file::open(data / name)->text()); }
std::string refusal(const std::string& bytes) {
  return refusal_of([&] { (void)torch_file::parse(bytes_of_text(bytes), "f"); });
}
std::string refusal_of_file(const char* name) {
  return refusal_of([&] { (void)checkpoint::open(data / name); });
}
// What the program said of such a file before it asked for them, whatever it includes; from then on it reads them.
const std::string said_before = [] {
  const auto said = refusal_of_file("float32.bin");
  read_torch_files();
  return said;
}();
bool same_bytes(list<const std::byte> a, list<const std::byte> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size())) == 0);
}

TEST_CASE("tensors have the bits of their safetensors twins, in both containers") {
  for (const std::string name : {"float32", "float16", "bfloat16", "everything"})
    for (const std::string container : {"", "_legacy"}) {
      INFO(name + container);
      const auto twin = safetensors::open(data / (name + ".safetensors"));
      const auto file = torch_file::open(data / (name + container + ".bin"));
      CHECK(file.size() == twin.size());
      for (const auto& wanted : twin) {
        INFO(wanted.name);
        const auto* const found = file.find(wanted.name);
        REQUIRE(found);
        CHECK(found->type == wanted.type);
        CHECK(found->shape == wanted.shape);
        CHECK(same_bytes(found->bytes, wanted.bytes));
        CHECK(found->file == file.file());
        if (is_floating(wanted.type)) {
          arena a, b;
          const auto x = as_floats(*found, a), y = as_floats(wanted, b);
          CHECK(same_bytes({reinterpret_cast<const std::byte*>(x.data()), x.size() * 4},
                           {reinterpret_cast<const std::byte*>(y.data()), y.size() * 4}));
        }
      }
    }
}

TEST_CASE("tensors are views of the mapped file, aligned in zip archives, and shared where torch shares them") {
  const auto file = torch_file::open(data / "float32.bin");
  CHECK(file.copied_bytes() == 0);
  CHECK(file.find("tied")->bytes.data() == file.find("again")->bytes.data());
  for (const auto& t : file) CHECK(reinterpret_cast<std::uintptr_t>(t.bytes.data()) % 64 == 0);
  const auto all = torch_file::open(data / "everything.bin");
  CHECK(all.find("row")->bytes.data() == all.find("table")->bytes.data() + 2 * 4 * 4);
  CHECK(all.copied_bytes() > 0);  // the transposed one and the column
  CHECK(all.find("position_ids")->type == dtype::i64);
  arena store;
  CHECK_THAT(refusal_of([&] { (void)as_floats(*all.find("position_ids"), store); }), mentions("found I64, wanted F32"));
}

TEST_CASE("a program reads them from where it says so, not because of what it includes") {
  CHECK_THAT(said_before, mentions("call weft::read_torch_files()"));
  CHECK(refusal_of_file("float32.bin").empty());
}

TEST_CASE("a checkpoint is opened from a directory, a file or an index of shards") {
  const auto twin = checkpoint::open(data / "sharded.safetensors");
  for (const auto* path : {"sharded", "sharded/pytorch_model.bin.index.json"}) {
    const auto stored = checkpoint::open(data / path);
    CHECK(stored.names() == twin.names());
    for (const auto& name : twin.names()) CHECK(same_bytes(stored.find(name)->bytes, twin.find(name)->bytes));
    stored.release_pages();
    for (const auto& name : twin.names()) CHECK(same_bytes(stored.find(name)->bytes, twin.find(name)->bytes));
  }
  CHECK(checkpoint::open(data / "float32.bin").size() == 4);
  CHECK(checkpoint::open(data / "bert_zip").file() == (data / "bert_zip/pytorch_model.bin").string());
  const auto at = scratch_directory("torch");
  std::filesystem::copy(data / "float16.bin", at / "pytorch_model.bin");
  CHECK(checkpoint::open(at).find("weight")->type == dtype::f16);
  std::filesystem::copy(data / "float32.safetensors", at / "model.safetensors");
  CHECK(checkpoint::open(at).find("weight")->type == dtype::f32);  // safetensors are preferred
}

TEST_CASE("an index of pickled shards names bare .bin files") {
  const auto at = scratch_directory("torch_shards");
  const auto index_of = [&](const std::string& shard) {
    write_file(at / "pytorch_model.bin.index.json", R"({"weight_map": {"weight": ")" + shard + "\"}}");
    return refusal_of([&] { (void)checkpoint::open(at); });
  };
  std::filesystem::copy(data / "float32.bin", at / "s.bin");
  CHECK(index_of("s.bin").empty());
  for (const std::string bad : {"../s.bin", "/etc/s.bin", "s.safetensors", ".bin", "s.pt"})
    CHECK_THAT(index_of(bad), mentions("the bare name of a .bin file"));
  CHECK_THAT(index_of("t.bin"), mentions("no such file"));
}

struct tiny_bert : bert_base {
  static constexpr model_shape shape{.width = 16, .heads = 2, .hidden = 32};
};

TEST_CASE("a model loads to the same bits as from safetensors, old names included") {
  token_batch batch;
  batch.add(std::vector<std::int32_t>{3, 5, 7, 11, 13});
  const auto hidden_of = [&](const auto& encoder) {
    row_buffer<16> hidden(batch.tokens());
    workspace work(encoder.workspace_bytes(batch.size()));
    encoder.forward(batch, hidden, work);
    return std::vector<float>(hidden.row(0), hidden.row(0) + 16);
  };
  const auto c = configuration::read(data / "bert_zip");
  const auto twin = hidden_of(load<tiny_bert>(checkpoint::open(data / "bert.safetensors"), c));
  CHECK(twin[0] == twin[0]);
  CHECK(hidden_of(load<tiny_bert>(data / "bert_zip")) == twin);
  CHECK(hidden_of(load<tiny_bert>(data / "bert_legacy")) == twin);
}

TEST_CASE("what is no state dict is refused in words") {
  CHECK_THAT(refusal_of_file("other_object.bin"), mentions("a pickle that calls torch.device"));
  CHECK_THAT(refusal_of_file("torchscript.bin"), mentions("of a TorchScript program save the state_dict()"));
  CHECK_THAT(refusal_of_file("compressed.bin"), mentions("compressed bytes"));
  CHECK_THAT(refusal_of_file("expanded.bin"),
             mentions("\"wide\": found [1000] with strides [0], more than its storage has"));
  CHECK_THAT(refusal("version https://git-lfs.github.com/spec/v1"), mentions("begins with \"vers\""));
  CHECK_THAT(refusal("\x80\x02K\x01."), mentions("another number, wanted torch's magic number"));
  CHECK(!refusal("").empty());
  CHECK(!refusal("PK").empty());
}

TEST_CASE("a file that is cut short is refused at any length") {
  for (const auto* name : {"float32.bin", "float32_legacy.bin"}) {
    const auto bytes = content(name);
    CHECK(refusal(bytes).empty());
    for (std::size_t n = 0; n < bytes.size(); ++n)
      if (refusal(bytes.substr(0, n)).empty()) FAIL(name << " " << n);
    CHECK(!refusal(bytes + "x").empty());
  }
}

TEST_CASE("storages that are not as the pickle says are refused") {
  const auto replaced = [](std::string bytes, const std::string& from, const std::string& to) {
    const auto at = bytes.find(from);
    REQUIRE(at != bytes.npos);
    return bytes.replace(at, from.size(), to);
  };
  const auto zip = content("float32.bin"), legacy = content("float32_legacy.bin");
  using namespace std::string_literals;
  // BININT1 15 of storage "0", the type of all, and the entry of the last
  CHECK_THAT(refusal(replaced(zip, "K\x0ft"s, "K\x0et"s)), mentions("storage \"0\": found 60 bytes, wanted 14 F32"));
  CHECK_THAT(refusal(replaced(zip, "K\x0ft"s, "K\x10t"s)), mentions("storage \"0\": found 60 bytes, wanted 16 F32"));
  CHECK_THAT(refusal(replaced(zip, "K\x03K\x05"s, "K\x04K\x05"s)), mentions("of a storage of 15"));
  CHECK_THAT(refusal(replaced(zip, "ctorch\nFloatStorage", "ctorch\nQuint8torage")),
             mentions("calls torch.Quint8torage"));
  CHECK_THAT(refusal(replaced(zip, "little", "bigend")), mentions("byte order \"bigend\""));
  CHECK(!refusal(replaced(legacy, "K\x0fN"s, "K\x0eN"s)).empty());
  CHECK_THAT(refusal(replaced(legacy, "little_endian" + "q\x02\x88"s, "little_endian" + "q\x02\x89"s)),
             mentions("big-endian"));
  CHECK_THAT(refusal(replaced(legacy, "M\xe9\x03."s, "M\xe8\x03."s)), mentions("another version"));
  const std::string fifteen = "\x0f\0\0\0\0\0\0\0"s;
  CHECK_THAT(refusal(replaced(legacy, fifteen, "\x0f\0\0\0\0\0\0\x7f"s)), mentions("elements at byte"));
}

}  // namespace torch_file_test

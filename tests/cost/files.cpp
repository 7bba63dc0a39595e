// Every reader of files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <weft/base/base64.hpp>
#include <weft/io/expected_parameters.hpp>
#include <weft/io/packed_files.hpp>
#include <weft/io/pickle.hpp>
#include <weft/io/safetensors_writer.hpp>
#include <weft/io/shards.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/io/torch_tensors.hpp>
#include <weft/verify/recorded_results.hpp>
#ifdef WEFT_COST_OF_ZIP
#include <weft/io/torch_file.hpp>
#endif

#include "../temporary_folder.hpp"
#include "cost.hpp"

namespace {

using namespace weft_test;
using namespace std::string_literals;
using namespace weft;

using n_type = weft::index_t;
using work = std::function<void()>;

std::string number(n_type n) { return std::to_string(n); }

// part(0), part(1), ... with commas between them
template <class Part>
std::string listed(n_type n, const Part& part) {
  std::string all;
  for (n_type i = 0; i < n; ++i) all += (i ? "," : "") + part(i);
  return all;
}

std::string little(std::uint64_t n, int bytes) {
  std::string s;
  for (int i = 0; i < bytes; ++i) s += static_cast<char>(n >> (8 * i) & 255);
  return s;
}

// A safetensors file of such a header, with no bytes behind it.
std::string safetensors_of(const std::string& header) { return little(header.size(), 8) + header; }
std::string empty_tensor(const std::string& name, const std::string& type = "F32", const std::string& shape = "0") {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[0,0]}";
}

list<const std::byte> bytes_of(const std::string& s) {
  return {reinterpret_cast<const std::byte*>(s.data()), static_cast<n_type>(s.size())};
}

work parsing(const std::string& json) {
  return [json] { refused_or_done([&] { use(parse_json(json, "f")); }); };
}
template <class Spec>
work expecting(const std::string& json) {
  return [json] { refused_or_done([&] { use(expected_parameters<Spec>(configuration::parse(json))); }); };
}
work reading_tokenizer(const std::string& json) {
  return [json] { refused_or_done([&] { use(parse_tokenizer(json)); }); };
}

// A directory with recorded results, and what verify does with them before and after the model runs.
work verifying(n_type n, const std::string& header) {
  const auto* const folder = &weft_test::temporary_folder();
  std::ofstream(*folder / "expected.safetensors", std::ios::binary) << safetensors_of(header);
  return [n, folder] {
    refused_or_done([&] {
      detail::verification recorded(*folder);
      for (n_type i = 0; i < n && recorded.has("input_ids." + number(i)); ++i) {
        refused_or_done([&] { use(recorded.sequence("." + number(i))); });
        use(recorded.attention_layers("." + number(i)));
      }
      if (recorded.has("padded.input_ids")) use(recorded.padded());
      use(recorded.finish());
    });
  };
}

const std::string wordpiece_head =
    R"({"version":"1.0","normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"},
"post_processor":{"type":"BertProcessing","sep":["[SEP]",1],"cls":["[CLS]",0]},)";

const bool added[] = {
    add_cost({"JSON, an array", 2000, [](n_type n) { return parsing("[" + listed(n, number) + "]"); }}),
    add_cost(
        {"JSON, an object", 1000,
         [](n_type n) { return parsing("{" + listed(n, [](n_type i) { return "\"" + number(i) + "\":[]"; }) + "}"); }}),
    add_cost({"JSON, arrays in each other", 5000, [](n_type n) { return parsing(repeated_text("[", n)); }}),
    add_cost({"JSON, a long number", 5000, [](n_type n) { return parsing("[1" + repeated_text("1", n) + "e-5]"); }}),
    add_cost(
        {"JSON, a long text", 5000, [](n_type n) { return parsing("[\"" + repeated_text("\\u00e9", n) + "\"]"); }}),
    add_cost({"JSON, an end in the middle", 5000, [](n_type n) { return parsing("[\"" + repeated_text("a", n)); }}),
    add_cost(
        {"base64", 5000,
         [](n_type n) -> work { return [text = repeated_text("YWJj", n)] { use(detail::decode_base64(text)); }; }}),
    add_cost({"safetensors, tensors", 500,
              [](n_type n) -> work {
                const auto file =
                    safetensors_of("{" + listed(n, [](n_type i) { return empty_tensor("t" + number(i)); }) + "}");
                return [file] { use(safetensors::parse(bytes_of(file))); };
              }}),
    add_cost({"safetensors, metadata", 500,
              [](n_type n) -> work {
                const auto file = safetensors_of(
                    "{\"__metadata__\":{" + listed(n, [](n_type i) { return "\"k" + number(i) + "\":\"v\""; }) + "}}");
                return [file] { use(safetensors::parse(bytes_of(file))); };
              }}),
    add_cost({"safetensors, writing", 100,
              [](n_type n) -> work {
                return [n] {
                  safetensors_writer out;
                  for (n_type i = 0; i < n; ++i) out.add("t" + number(i), {0}, list<const float>());
                  refused_or_done([&] { out.save("/no/such/folder/weft"); });
                };
              }}),
    add_cost({"a configuration's labels", 300,
              [](n_type n) {
                return expecting<bert_base>(R"({"model_type":"bert","id2label":{)" +
                                            listed(n, [](n_type i) { return "\"" + number(i) + "\":\"a\""; }) + "}}");
              }}),
    add_cost({"a configuration's layers", 100,
              [](n_type n) {
                return expecting<bert_base>(R"({"model_type":"bert","num_hidden_layers":)" + number(n) + "}");
              }}),
    add_cost({"a configuration's layers under other names", 100,
              [](n_type n) {
                return expecting<distilbert_base>(R"({"model_type":"distilbert","n_layers":)" + number(n) + "}");
              }}),
    add_cost({"a configuration's feed-forwards", 100,
              [](n_type n) {
                return expecting<mobilebert>(R"({"model_type":"mobilebert","num_hidden_layers":)" + number(n) + "}");
              }}),
    add_cost({"parameters under other names", 200,
              [](n_type n) -> work {
                std::vector<parameter> all;
                for (n_type i = 0; i < n; ++i)
                  all.push_back({"encoder.layer." + number(i) + ".output.dense.weight", {1}});
                return [all] { use(detail::as_stored(all, distilbert_names)); };
              }}),
    add_cost({"tensors that do not fit", 300,
              [](n_type n) -> work {
                const auto file = std::make_shared<const std::string>(
                    safetensors_of("{" + listed(n, [](n_type i) { return empty_tensor("t" + number(i)); }) + "}"));
                std::vector<tensor_request> wanted;
                for (n_type i = 0; i < n; ++i)
                  wanted.push_back({(i % 2 ? "t" : "u") + number(i), {1}, i % 3 ? "" : "v" + number(i)});
                const auto stored = checkpoint::parse(bytes_of(*file), "f", file);
                return [stored, wanted] { use(compare(stored, wanted, "bert").sentence()); };
              }}),
    add_cost({"an index of shards", 500,
              [](n_type n) -> work {
                const auto text = "{\"weight_map\":{" +
                                  listed(n, [](n_type i) { return "\"" + number(i) + "\":\"a.safetensors\""; }) + "}}";
                return [text] { use(parse_shard_index(text, "f")); };
              }}),
    add_cost({"recorded results, many texts and layers", 100,
              [](n_type n) {
                return verifying(n, "{" + listed(n, [](n_type i) {
                                      return empty_tensor("input_ids." + number(i), "I64") + "," +
                                             empty_tensor("attn." + number(i) + ".0") + "," +
                                             empty_tensor("logits." + number(i));
                                    }) + "}");
              }}),
    add_cost({"recorded results, sizes of nothing", 5,
              [](n_type n) {
                const auto huge = number(n_type{1} << 40) + ",0";
                return verifying(
                    n, "{" +
                           listed(n,
                                  [&](n_type i) {
                                    return empty_tensor("input_ids." + number(i), "I64", i % 2 ? "0" : huge) + "," +
                                           empty_tensor("rand_attn." + number(i) + ".0", "I64", "4," + huge);
                                  }) +
                           "," + empty_tensor("padded.input_ids", "I64", huge) + "," +
                           empty_tensor("padded.attention_mask", "I64") + "}");
              }}),
    add_cost({"tokenizer.json of WordPiece", 300,
              [](n_type n) {
                return reading_tokenizer(
                    wordpiece_head + R"("added_tokens":[)" +
                    listed(n,
                           [&](n_type i) {
                             return "{\"content\":\"x" + number(i) + "\",\"id\":" + number(n + 3 + i) + "}";
                           }) +
                    R"(],"model":{"type":"WordPiece","vocab":{"[CLS]":0,"[SEP]":1,"[UNK]":2,)" +
                    listed(n, [](n_type i) { return "\"a" + number(i) + "\":" + number(i + 3); }) + "}}}");
              }}),
    add_cost(
        {"tokenizer.json of unigram", 500,
         [](n_type n) {
           return reading_tokenizer(
               R"({"version":"1.0","pre_tokenizer":{"type":"Metaspace","replacement":"_"},"model":{"type":"Unigram","unk_id":0,"vocab":[)" +
               listed(n, [](n_type i) { return "[\"a" + number(i) + "\",-1.5]"; }) + "]}}");
         }}),
    add_cost({"tokenizer.json of byte-level BPE", 500,
              [](n_type n) {
                return reading_tokenizer(
                    R"({"version":"1.0","pre_tokenizer":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,)" +
                    listed(n,
                           [](n_type i) {
                             return "\"b" + number(i) + "\":" + number(2 * i + 1) + ",\"ab" + number(i) +
                                    "\":" + number(2 * i + 2);
                           }) +
                    R"(},"merges":[)" + listed(n, [](n_type i) { return "\"a b" + number(i) + "\""; }) + "]}}");
              }}),
    add_cost({"a pickle of tensors", 200,
              [](n_type n) -> work {
                const auto text = [](const std::string& s) { return "\x8c"s + static_cast<char>(s.size()) + s; };
                std::string bytes = "\x80\x02}(";
                const std::string storage =
                    "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x06tQ";
                for (n_type i = 0; i < n; ++i)
                  bytes += text("t" + number(i)) + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage +
                           "K\0K\2\x85K\1\x85\x89}tR"s;
                bytes += "u.";
                return [bytes] {
                  const auto content = read_pickle(bytes, "f");
                  use(detail::state_dict_names(content, "f"));
                };
              }}),
    add_cost({"a pickle of tuples in each other", 2000,
              [](n_type n) -> work {
                std::string bytes = "\x80\x02K\1q\1";
                for (n_type i = 0; i < n; ++i) bytes += "h\1\x86q\1h\1"s;
                return [bytes] { refused_or_done([&] { use(read_pickle(bytes, "f")); }); };
              }}),
    add_cost({"a pickle of marks and pops", 2000,
              [](n_type n) -> work {
                return [bytes = "\x80\x02" + repeated_text("(", n) + repeated_text("t", n) + "."] {
                  refused_or_done([&] { use(read_pickle(bytes, "f")); });
                };
              }}),
#ifdef WEFT_COST_OF_ZIP
    add_cost({"a zip archive of many entries", 100,
              [](n_type n) -> work {
                std::string all, directory;
                for (n_type i = 0; i < n; ++i) {
                  const std::string name = "a/" + number(i);
                  const auto place = all.size();
                  all += "PK\3\4" + "\x0a\0\0\0\0\0\0\0\0\0"s + std::string(4, '\0') + std::string(8, '\0') +
                         little(name.size(), 2) + "\0\0"s + name;
                  directory += "PK\1\2" + "\x0a\0\x0a\0\0\0\0\0\0\0\0\0"s + std::string(12, '\0') +
                               little(name.size(), 2) + std::string(12, '\0') + little(place, 4) + name;
                }
                const auto at = all.size();
                all += directory + "PK\5\6" + std::string(4, '\0') + little(static_cast<std::uint64_t>(n), 2) +
                       little(static_cast<std::uint64_t>(n), 2) + little(directory.size(), 4) + little(at, 4) + "\0\0"s;
                return [all] { use(zip_archive::parse(bytes_of(all), "f")); };
              }}),
    add_cost({"a zip archive of many ends", 100,
              [](n_type n) -> work {
                return [all = repeated_text("PK\5\6" + std::string(18, '\0'), n)] {
                  refused_or_done([&] { use(zip_archive::parse(bytes_of(all), "f")); });
                };
              }}),
#endif
};

}  // namespace

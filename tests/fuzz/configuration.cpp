// Any text: configuration::parse and parse_shard_index return something that is in range, or throw weft::error.
#include <cstdint>
#include <cstdlib>
#include <weft/io/configuration.hpp>
#include <weft/io/shards.hpp>

namespace fuzz_configuration {

namespace {
void demand(bool holds) {
  if (!holds) std::abort();
}

void attempt(auto&& call) {
  try {
    call();
  } catch (const weft::error& e) {
    demand(e.file == "fuzz" && std::string_view(e.what()).size() < 3000);
  }
}
}  // namespace

inline int run(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    const auto c = weft::configuration::parse(text, "fuzz");
    demand(c.hidden_size > 0 && c.hidden_size % c.num_attention_heads == 0);
    demand(c.num_hidden_layers > 0 && c.intermediate_size > 0 && c.embedding_size > 0 && c.vocab_size > 0);
    demand(c.pad_token_id < c.vocab_size && !c.labels.empty());
    demand(c.layer_norm_eps > 0 && c.layer_norm_eps < 1);
  });
  if (text.find("weight_map") == text.npos) return 0;
  attempt([&] {
    for (const auto& [tensor, file] : weft::parse_shard_index(text, "fuzz").tensors)
      demand(file.find_first_of("/\\") == file.npos && file.front() != '.');
  });
  return 0;
}
}  // namespace fuzz_configuration

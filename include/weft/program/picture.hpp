#pragma once
// Pictures of a checkpoint: the pattern of its type, and what a sentence attends to in it.
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>
#include <weft/encoder/observer.hpp>
#include <weft/picture/attention_page.hpp>
#include <weft/picture/pattern_picture.hpp>
#include <weft/pipeline/runner.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// What a sentence attends to, in all layers and heads, as a page.
template <class Spec>
std::string attention_of(const std::filesystem::path& directory, const std::string& sentence,
                         const pipeline_options& how = {}) {
  runner<Spec> run(directory, how);
  const auto text = run.encode(sentence);
  token_batch in;
  in.add(text.ids, text.segments);
  row_buffer<Spec::shape.width> hidden(in.tokens());
  observe_attention seen;
  run.model().forward(in, hidden, run.room(in), {}, seen);
  std::vector<std::string> tokens;
  for (const auto id : text.ids) tokens.emplace_back(run.tokenizer().token(id));
  std::vector<attention_map> maps;
  for (index_t layer = 0; layer < run.limits().layers; ++layer)
    for (index_t head = 0; head < Spec::shape.heads; ++head)  // some of ConvBERT's heads have no probabilities
      if (const auto m = seen.of(layer, 0, head); m.count > 0) {
        if (!all_finite({m.data, m.count * m.width}))
          fail({.subject = "the attention of layer " + std::to_string(layer) + ", head " + std::to_string(head),
                .found = "NaN",
                .wanted = "finite numbers"});
        maps.push_back({layer, head, m.data});
      }
  return attention_page(tokens, maps, sentence);
}

/// The pattern of a checkpoint's type, for a sequence of `length` tokens.
template <class Spec>
std::string pattern_of(const configuration& c, index_t length, index_t head, index_t layer) {
  const auto title = c.family + ", head " + std::to_string(head) + ", layer " + std::to_string(layer);
  return pattern_picture(
      typename Spec::mixer::pattern_type{}, length,
      {.title = title,
       .head = head,
       .layer = layer,
       .model = {.layers = c.num_hidden_layers, .positions = c.max_position_embeddings, .heads = Spec::shape.heads}});
}

/// The program behind `weft picture`. Arguments: directory; then "attention" and a sentence, or "pattern" and numbers:
/// length, head, layer.
template <class Spec>
int draw_and_print(char** arguments, std::ostream& out) {
  if (std::string_view(arguments[2]) == "attention")
    out << attention_of<Spec>(arguments[1], arguments[3]);
  else
    out << pattern_of<Spec>(configuration::read(arguments[1]), std::atoi(arguments[3]), std::atoi(arguments[4]),
                            std::atoi(arguments[5]));
  return out.flush() ? 0 : 1;
}

}  // namespace weft::program

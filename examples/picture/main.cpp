// What does an attention pattern look like, and what does a sentence attend to?
//   picture pattern                                          lists the patterns
//   picture pattern NAME LENGTH [HEAD [LAYER]] > out.svg     draws one, for that many tokens
//   picture attention DIRECTORY "a sentence" > page.html     all layers and heads of a model, to look at in a browser
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>
#include <weft/encoder/observer.hpp>
#include <weft/model/electra.hpp>
#include <weft/picture/attention_page.hpp>
#include <weft/picture/named_patterns.hpp>
#include <weft/pipeline/runner.hpp>

namespace {

int list_patterns(std::ostream& to) {
  to << "picture attention DIRECTORY \"a sentence\" > page.html\npicture pattern NAME LENGTH [HEAD [LAYER]] > "
        "out.svg\n";
  for (const auto& p : weft::named_patterns) to << "  " << p.name << ": " << p.words << "\n";
  return 2;
}

// A whole number of at least `least`; otherwise an error in words.
weft::index_t number(std::string_view what, std::string_view text, weft::index_t least) {
  weft::index_t value = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (mistake != std::errc{} || end != text.data() + text.size() || value < least)
    weft::fail({.subject = what, .found = text, .wanted = "a whole number of at least " + std::to_string(least)});
  return value;
}

int draw_pattern(int count, char** words) {
  if (count < 2) return list_patterns(count == 0 ? std::cout : std::cerr) * (count != 0);
  const auto* const pattern = weft::find_pattern(words[0]);
  if (!pattern) {
    std::cerr << "picture: there is no pattern " << words[0] << "\n";
    return list_patterns(std::cerr);
  }
  std::cout << pattern->picture(number("LENGTH", words[1], 1), count > 2 ? number("HEAD", words[2], 0) : 0,
                                count > 3 ? number("LAYER", words[3], 0) : 0);
  return 0;
}

// A checkpoint's family and width choose the type; another model is another line here.
struct gloss_electra : weft::electra_small {  // examples/classify/electra-gloss
  static constexpr weft::model_shape shape{.width = 128, .heads = 4, .hidden = 512};
  using embedding = weft::summed;
};

template <class Spec>
std::string draw_attention(const std::string& directory, const std::string& sentence) {
  weft::runner<Spec> run(directory);
  const auto text = run.encode(sentence);
  weft::token_batch in;
  in.add(text.ids, text.segments);
  weft::row_buffer<Spec::shape.width> hidden(in.tokens());
  weft::observe_attention seen;
  run.model().forward(in, hidden, run.room(in), {}, seen);

  std::vector<std::string> tokens;
  for (const auto id : text.ids) tokens.emplace_back(run.tokenizer().token(id));
  std::vector<weft::attention_map> maps;
  for (weft::index_t layer = 0; layer < run.limits().layers; ++layer)
    for (weft::index_t head = 0; head < Spec::shape.heads; ++head)
      maps.push_back({layer, head, seen.of(layer, 0, head).data});
  return weft::attention_page(tokens, maps, sentence);
}

std::string draw_attention(const std::string& directory, const std::string& sentence) {
  const auto model = weft::configuration::read(weft::resolve_model(directory));
  const auto is = [&](std::string_view family, weft::index_t width) {
    return model.family == family && model.hidden_size == width;
  };
  if (is("electra", 128)) return draw_attention<gloss_electra>(directory, sentence);
  if (is("bert", 384)) return draw_attention<weft::minilm_l6>(directory, sentence);
  weft::fail({.file = directory,
              .subject = "the model",
              .found = model.family + ", " + std::to_string(model.hidden_size) + " wide",
              .wanted = "a bert of 384, or an electra of 128",
              .remedy = "add its type to this program"});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "pattern") return draw_pattern(argc - 2, argv + 2);
    if (argc == 4 && std::string_view(argv[1]) == "attention") {
      std::cout << draw_attention(argv[2], argv[3]);
      return 0;
    }
  } catch (const weft::error& e) {
    std::cerr << "picture: " << e.what() << "\n";
    return 1;
  }
  return list_patterns(std::cerr);
}

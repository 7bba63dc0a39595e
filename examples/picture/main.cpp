// What does an attention pattern look like? Draws it as SVG.
//   picture pattern                                          lists the patterns
//   picture pattern NAME LENGTH [HEAD [LAYER]] > out.svg     draws one, for that many tokens
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <weft/pattern/full.hpp>
#include <weft/picture/pattern_picture.hpp>

namespace {

template <class Pattern>
std::string draw(weft::index length, const weft::pattern_picture_options& options) {
  return weft::pattern_picture(Pattern{}, length, options);
}

// A pattern is a line here.
struct drawable {
  std::string_view name, words;
  std::string (*draw)(weft::index length, const weft::pattern_picture_options& options);
};
const drawable patterns[] = {
    {"full", "every token sees every token", draw<weft::full>},
};

int list_patterns(std::ostream& to) {
  to << "picture pattern NAME LENGTH [HEAD [LAYER]] > out.svg\n";
  for (const auto& p : patterns) to << "  " << p.name << ": " << p.words << "\n";
  return 2;
}

// A whole number of at least `least`; otherwise an error in words.
weft::index number(std::string_view what, std::string_view text, weft::index least) {
  weft::index value = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (mistake != std::errc{} || end != text.data() + text.size() || value < least)
    weft::fail({.subject = what, .found = text, .wanted = "a whole number of at least " + std::to_string(least)});
  return value;
}

int draw_pattern(int count, char** words) {
  if (count < 2) return list_patterns(count == 0 ? std::cout : std::cerr) * (count != 0);
  for (const auto& p : patterns) {
    if (p.name != words[0]) continue;
    const auto length = number("LENGTH", words[1], 1);
    const auto head = count > 2 ? number("HEAD", words[2], 0) : 0, layer = count > 3 ? number("LAYER", words[3], 0) : 0;
    auto title = std::string(p.name) + ": " + std::string(p.words);
    if (count > 2) title.append(", head ").append(words[2]).append(", layer ").append(count > 3 ? words[3] : "0");
    // Patterns that are drawn at random need the number of heads of their model.
    std::cout << p.draw(
        length,
        {.title = title, .head = head, .layer = layer, .model = {.layers = 12, .positions = length, .heads = 12}});
    return 0;
  }
  std::cerr << "picture: there is no pattern " << words[0] << "\n";
  return list_patterns(std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 1 && std::string_view(argv[1]) == "pattern") return draw_pattern(argc - 2, argv + 2);
  } catch (const weft::error& e) {
    std::cerr << "picture: " << e.what() << "\n";
    return 1;
  }
  return list_patterns(std::cerr);
}

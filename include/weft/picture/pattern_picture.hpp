#pragma once
// What an attention pattern looks like: a grid of queries and keys as SVG.
#include <array>
#include <map>
#include <string>
#include <utility>
#include <weft/base/error.hpp>
#include <weft/concept/part.hpp>
#include <weft/picture/markup.hpp>
#include <weft/picture/pattern_grid.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What is drawn, and how.
struct pattern_picture_options {
  std::string_view title = {};  ///< empty: "attention pattern"
  index_t head = 0, layer = 0;
  index_t cell = 0;           ///< tokens of a cell; 0: 1 for up to 64 tokens, above them what gives 32 to 64 cells
  const batch* in = nullptr;  ///< for patterns that read tables of a batch: which, and of which sequence
  index_t sequence = 0;
  setup model = {};  ///< tables are built as for this model; 0: as for one that just has this length, layer and head
};

namespace drawing {

using colour = std::array<int, 3>;

inline std::string hexadecimal(const colour& c) {
  constexpr const char* digits = "0123456789abcdef";
  std::string s = "#";
  for (const int part : c) s += digits[part / 16], s += digits[part % 16];
  return s;
}
constexpr colour mixed(const colour& a, const colour& b, double of_b) {
  colour c{};
  for (std::size_t i = 0; i < 3; ++i) c[i] = static_cast<int>(a[i] + (b[i] - a[i]) * of_b + 0.5);
  return c;
}

// Colours that differ in lightness too, for printers and for eyes that see no hue.
inline colour colour_of(std::string_view kind, std::vector<std::string_view>& others) {
  if (kind.empty() || kind == "window") return {47, 108, 168};
  if (kind == "global") return {222, 133, 36};
  if (kind == "random") return {46, 148, 98};
  static constexpr colour more[] = {{137, 92, 168}, {190, 70, 90}, {90, 110, 120}, {160, 140, 40}};
  auto at = std::find(others.begin(), others.end(), kind);
  if (at == others.end()) at = others.insert(at, kind);
  return more[static_cast<std::size_t>(at - others.begin()) % std::size(more)];
}

/// What a cell is drawn as. Cells that look alike are one path and one line of the legend.
struct pattern_look {
  std::string_view kind;
  index_t times;
  int quarter;  // 4: every query sees every key; 1 to 3: about that many quarters; 0: nothing seen, visited all the
                // same
  auto operator<=>(const pattern_look&) const = default;

  static pattern_look of(const pattern_cell& c) {
    if (c.seen == 0) return {"", 0, 0};
    return {c.kind, c.times,
            c.seen == c.pairs ? 4 : static_cast<int>(std::clamp<index_t>((4 * c.seen + c.pairs / 2) / c.pairs, 1, 3))};
  }
  std::string fill(std::vector<std::string_view>& others) const {
    if (quarter == 0) return "#e9e9e6";
    const auto base = colour_of(kind, others);
    const auto counted =
        times > 1 ? mixed(base, {20, 20, 30}, std::min(0.65, 0.25 + 0.1 * static_cast<double>(times - 1))) : base;
    return hexadecimal(mixed({255, 255, 255}, counted, 0.25 + 0.1875 * quarter));
  }
  std::string words() const {
    if (quarter == 0) return "visited, nothing seen";
    std::string s = kind.empty() ? "seen" : escaped(kind);
    if (quarter < 4) s += ", in part";
    if (times > 1) s += ", counted " + std::to_string(times) + " times";
    return s;
  }
};

// The picture's frame, in pixels.
struct pattern_frame {
  static constexpr double left = 64, top = 98, side = 576, line = 22;
};

inline std::string svg_text(double x, double y, const char* attributes, std::string_view escaped_text) {
  return "<text x=\"" + decimal(x) + "\" y=\"" + decimal(y) + "\" " + attributes + ">" + std::string(escaped_text) +
         "</text>\n";
}

// Token numbers along both axes: steps of 1, 2, 5, 10 ... tokens, or of 1, 2, 4 ... cells.
inline std::string pattern_axes(const pattern_grid& grid) {
  constexpr double side = pattern_frame::side;
  index_t step = grid.cell;
  for (index_t i = 0; grid.length > 12 * step; ++i) step = grid.cell == 1 && i % 3 == 1 ? step / 2 * 5 : 2 * step;
  std::string s;
  for (index_t token = 0; token < grid.length; token += step) {
    // A token's number stands at the middle of its cell, a block's at its edge.
    const double at = (static_cast<double>(token) / static_cast<double>(grid.cell) + (grid.cell == 1 ? 0.5 : 0.0)) *
                      side / static_cast<double>(grid.cells);
    const auto x = decimal(at), number = std::to_string(token);
    s += "<path d=\"M" + x + " 0v-5M0 " + x + "h-5\" stroke=\"#888888\"/>\n";
    s += svg_text(at, -9, "text-anchor=\"middle\" font-size=\"11\"", number);
    s += svg_text(-9, at + 4, "text-anchor=\"end\" font-size=\"11\"", number);
  }
  s += svg_text(side / 2, -26, "text-anchor=\"middle\"", "keys");
  s += svg_text(0, 0, "text-anchor=\"middle\" transform=\"translate(-46 288) rotate(-90)\"", "queries");
  return s;
}

inline std::string pattern_legend(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string s;
  double x = 0, y = pattern_frame::side + 22;
  for (const auto& [words, fill] : entries) {
    s += "<rect class=\"key\" x=\"" + decimal(x) + "\" y=\"" + decimal(y) + "\" width=\"14\" height=\"14\" fill=\"" +
         fill + "\" stroke=\"#888888\" stroke-width=\"0.5\"/>\n" + svg_text(x + 22, y + 12, "font-size=\"12\"", words);
    if (x > 0) y += pattern_frame::line;
    x = x > 0 ? 0 : pattern_frame::side / 2;
  }
  return s;
}

inline std::string draw(const pattern_grid& grid, std::string_view title, std::string_view subtitle) {
  using frame = pattern_frame;
  // One path for all cells of one look. A cell is a square of one unit; the picture is scaled.
  std::map<pattern_look, std::string> paths;
  for (index_t row = 0; row < grid.cells; ++row)
    for (index_t column = 0; column < grid.cells; ++column)
      if (const auto& c = grid.at(row, column); c.seen > 0 || c.visited)
        paths[pattern_look::of(c)] += "M" + std::to_string(column) + " " + std::to_string(row) + "h1v1h-1z";
  std::vector<std::pair<std::string, std::string>> legend;  // words and colour
  std::vector<std::string_view> others;
  std::string cells;
  for (const auto& [look, path] : paths) {
    const auto fill = look.fill(others), words = look.words();
    cells += "<path class=\"cells\" fill=\"" + fill + "\" d=\"" + path + "\"/>\n";
    if (!legend.empty() && legend.back().first == words)
      legend.back().second = fill;  // of all parts the fullest
    else
      legend.emplace_back(words, fill);
  }
  legend.emplace_back("not seen", "#ffffff");
  // Long titles are written smaller: a bold letter is some 0.6 of its size wide.
  const auto title_size = decimal(std::clamp(frame::side / (0.62 * static_cast<double>(title.size() + 1)), 7.0, 18.0));
  const double unit = frame::side / static_cast<double>(grid.cells);
  const auto width = decimal(frame::left + frame::side + 24);
  const auto height =
      decimal(frame::top + frame::side + 30 + frame::line * static_cast<double>((legend.size() + 1) / 2));
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" + width +
         "\" height=\"" + height +
         "\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#333333\">\n" + "<title>" +
         escaped(title) + "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         svg_text(frame::left, 28, ("font-size=\"" + title_size + "\" font-weight=\"bold\" fill=\"#111111\"").c_str(),
                  escaped(title)) +
         svg_text(frame::left, 48, "font-size=\"12\" fill=\"#666666\"", escaped(subtitle)) +
         "<g transform=\"translate(" + decimal(frame::left) + " " + decimal(frame::top) +
         ")\">\n<g transform=\"scale(" + decimal(unit, 5) + ")\" stroke=\"#ffffff\" stroke-width=\"" +
         decimal(std::min(0.08, 0.7 / unit), 4) + "\">\n" + cells + "</g>\n<rect width=\"" + decimal(frame::side) +
         "\" height=\"" + decimal(frame::side) + "\" fill=\"none\" stroke=\"#888888\"/>\n" + pattern_axes(grid) +
         pattern_legend(legend) + "</g>\n</svg>\n";
}

}  // namespace drawing

/// The pattern of one head of one layer for a sequence of `length` tokens, as a self-contained SVG document: queries
/// downwards, keys to the right, a cell for every token or for a square of them. Colour says how much is seen: all keys
/// by all queries, a part, several times; and why, where the pattern names_kinds. sees() is asked for every pair, so
/// 4096 tokens take a good part of a second. Fails on a length or a cell below 1, and on a batch that has no such
/// sequence of that length, or not the tables that the pattern reads.
template <attention_pattern Pattern>
std::string pattern_picture(Pattern pattern, index_t length, const pattern_picture_options& o = {}) {
  if (length < 1)
    fail({.subject = "the length of a pattern's picture",
          .found = std::to_string(length),
          .wanted = "at least 1 token"});
  if (o.cell < 0)
    fail({.subject = "the cell of a pattern's picture",
          .found = std::to_string(o.cell),
          .wanted = "at least 1 token, or 0, which chooses"});
  arena store;
  set_up(pattern,
         setup{.layers = std::max(o.model.layers, o.layer + 1),
               .positions = std::max(o.model.positions, length),
               .heads = std::max(o.model.heads, o.head + 1)},
         store);
  const std::vector<std::int32_t> ids(o.in ? 0 : static_cast<std::size_t>(length));
  const std::vector<index_t> ends{0, length};
  const batch alone{ids, {}, ends}, &in = o.in ? *o.in : alone;
  if (o.sequence < 0 || o.sequence >= in.sequences() || in.length(o.sequence) != length)
    fail({.subject = "the batch of a pattern's picture",
          .found = "no sequence " + std::to_string(o.sequence) + " of " + std::to_string(length) + " tokens",
          .wanted = "one, or no batch"});
  check_batch(pattern, in);
  auto cell = o.cell;
  for (cell = std::max<index_t>(cell, 1); o.cell == 0 && ceil_div(length, cell) > 64;) cell *= 2;
  const auto grid = drawing::grid_of(pattern, {length, 0, length, o.head, o.layer, &in, o.sequence}, cell);
  const auto percent = [&](index_t pairs) {
    return drawing::decimal(
               100.0 * static_cast<double>(pairs) / static_cast<double>(length) / static_cast<double>(length), 1) +
           " %";
  };
  return drawing::draw(
      grid, o.title.empty() ? "attention pattern" : o.title,
      std::to_string(length) + (length == 1 ? " token, " : " tokens, ") +
          (cell == 1 ? "a cell is one token" : "a cell is " + std::to_string(cell) + " tokens square") + "; seen " +
          percent(grid.seen) + " of all pairs, visited " + percent(grid.visited));
}

}  // namespace weft

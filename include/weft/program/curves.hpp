#pragma once
// How a training went, as one page without anything from elsewhere: curves of what metrics.jsonl says.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/json.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

namespace detail {
using curve = std::vector<std::pair<double, double>>;  // points in the order of x

inline std::string short_number(double value, const char* format = "%.4g") {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// One curve in a frame, with its least and its largest value. Of many points means of neighbours are drawn.
inline std::string drawn_curve(const std::string& name, const std::string& along, const curve& all) {
  constexpr std::size_t most = 600;
  const std::size_t together = (all.size() + most - 1) / most;
  curve points;
  for (std::size_t i = 0; i < all.size(); i += together) {
    const auto count = std::min(together, all.size() - i);
    double y = 0;
    for (std::size_t k = i; k < i + count; ++k) y += all[k].second / static_cast<double>(count);
    points.emplace_back(all[i + count - 1].first, y);
  }
  double low = points.front().second, high = low;
  for (const auto& [x, y] : points) low = std::min(low, y), high = std::max(high, y);
  const double first = points.front().first, width = std::max(points.back().first - first, 1e-9);
  const double height = std::max(high - low, 1e-12);
  std::string line;
  for (const auto& [x, y] : points)
    line += short_number(60 + 600 * (x - first) / width, "%.1f") + "," +
            short_number(180 - 160 * (y - low) / height, "%.1f") + " ";
  return "<h2>" + name + ": " + short_number(points.back().second) +
         "</h2>\n<svg viewBox=\"0 0 680 210\" role=\"img\">" + "<title>" + name + " by " + along +
         "</title><path d=\"M60 20V180H660\" class=\"frame\"/><text x=\"4\" y=\"24\">" + short_number(high) +
         "</text><text x=\"4\" y=\"184\">" + short_number(low) + "</text><text x=\"60\" y=\"202\">" +
         short_number(first, "%.0f") + "</text><text x=\"660\" y=\"202\" class=\"end\">" + along + " " +
         short_number(points.back().first, "%.0f") + "</text><polyline points=\"" + line + "\"/></svg>\n";
}
}  // namespace detail

/// The page. `metrics` is lines of JSON: objects with a step or an epoch, and numbers by name.
inline std::string curves_page(std::string_view metrics) {
  std::map<std::pair<std::string, std::string>, detail::curve> curves;  // by what they run along, and name
  while (!metrics.empty()) {
    const auto line = metrics.substr(0, metrics.find('\n'));
    metrics.remove_prefix(std::min(metrics.size(), line.size() + 1));
    if (line.empty()) continue;
    auto one = parse_json(line, "metrics.jsonl");
    const weft::detail::json_scope scope(one);
    const std::string along = json_find(one, "step", "metrics.jsonl") ? "step" : "epoch";
    const double x = json_number(one, along, "metrics.jsonl");
    for (const auto& [name, value] : one.items())
      if (name != along && value.is_number() &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos)
        curves[{along, name}].emplace_back(x, value.template get<double>());
  }
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>weft train</title>\n"
      "<style>body{font:15px sans-serif;max-width:720px;margin:2em auto;padding:0 1em}h2{font-size:1em;margin:1.5em 0 "
      "0}"
      "svg{width:100%}text{font-size:11px;fill:currentColor}.end{text-anchor:end}.frame{fill:none;stroke:#888}"
      "polyline{fill:none;stroke:#06c;stroke-width:1.5}"
      "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}polyline{stroke:#6bf}}</style></head>\n<body>"
      "<h1>How the training went</h1>\n";
  for (const char* along : {"epoch", "step"})
    for (const auto& [key, points] : curves)
      if (key.first == along) page += detail::drawn_curve(key.second, along, points);
  return page + "</body></html>\n";
}

}  // namespace weft::program

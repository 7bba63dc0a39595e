#pragma once
// Is a document well-formed XML? Enough of the rules for what weft writes: tags nest, attributes are quoted and given
// once, references are known.
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weft_test {

/// Empty, or what is wrong and where.
inline std::string xml_mistake(std::string_view text) {
  std::vector<std::string> open;
  bool had_root = false;
  const auto wrong = [&](const char* what, std::size_t at) {
    return std::string(what) + " at \"" + std::string(text.substr(at, 60)) + "\"";
  };
  const auto bad_reference = [](std::string_view part) {
    for (std::size_t i = part.find('&'); i != part.npos; i = part.find('&', i + 1)) {
      const auto name = part.substr(i, part.find(';', i) - i);
      if (name != "&amp" && name != "&lt" && name != "&gt" && name != "&quot" && name != "&#39") return true;
    }
    return false;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '<') {
      const auto next = std::min(text.find('<', at), text.size());
      const auto part = text.substr(at, next - at);
      if (open.empty() && part.find_first_not_of(" \n") != part.npos) return wrong("text outside the root", at);
      if (bad_reference(part)) return wrong("an unknown reference", at);
      if (part.find("]]>") != part.npos) return wrong("the end of character data that did not begin", at);
      at = next;
      continue;
    }
    if (text.substr(at, 9) == "<![CDATA[") {
      at = text.find("]]>", at);
      if (at == text.npos) return "character data does not end";
      at += 3;
      continue;
    }
    if (text.substr(at, 2) == "<!") {
      at = text.find('>', at) + 1;
      continue;
    }
    const auto end = text.find('>', at);
    if (end == text.npos) return wrong("a tag that does not end", at);
    auto tag = text.substr(at + 1, end - at - 1);
    if (tag.starts_with("/")) {
      if (open.empty() || open.back() != tag.substr(1)) return wrong("an end without its beginning", at);
      open.pop_back();
      at = end + 1;
      continue;
    }
    const bool alone = tag.ends_with("/");
    if (alone) tag.remove_suffix(1);
    auto space = tag.find(' ');
    const std::string name(tag.substr(0, space));
    if (name.empty() || name.find_first_of("<\"'=") != name.npos) return wrong("a tag without a name", at);
    std::set<std::string_view> seen;
    while (space != tag.npos && tag.find_first_not_of(' ', space) != tag.npos) {
      tag.remove_prefix(tag.find_first_not_of(' ', space));
      const auto equals = tag.find("=\""), close = equals == tag.npos ? tag.npos : tag.find('"', equals + 2);
      if (close == tag.npos) return wrong("an attribute without a quoted value", at);
      const auto value = tag.substr(equals + 2, close - equals - 2);
      if (!seen.insert(tag.substr(0, equals)).second) return wrong("an attribute given twice", at);
      if (value.find('<') != value.npos || bad_reference(value)) return wrong("a value that is not escaped", at);
      space = close + 1;
      if (space < tag.size() && tag[space] != ' ') return wrong("attributes without space between them", at);
      if (space >= tag.size()) space = tag.npos;
    }
    if (open.empty() && had_root) return wrong("a second root", at);
    had_root = true;
    if (!alone) open.push_back(name);
    at = end + 1;
  }
  return !open.empty() ? "<" + open.back() + "> does not end" : had_root ? "" : "no element at all";
}

inline std::ptrdiff_t count(std::string_view text, std::string_view part) {
  std::ptrdiff_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

}  // namespace weft_test

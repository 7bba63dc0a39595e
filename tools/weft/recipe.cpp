// A file that says how a model is trained. TOML is read by toml11, where the program is built with it.
#include "recipe.hpp"

#include <weft/base/error.hpp>
#include <weft/program/train_request.hpp>

#ifdef WEFT_HAS_TOML
#include <algorithm>
#include <fstream>
#include <toml.hpp>
#endif

namespace weft_program {

#ifdef WEFT_HAS_TOML
namespace {
// A value as a command line has it.
std::string text_of(const toml::value& value, const std::string& key, const std::string& file) {
  if (value.is_string()) return value.as_string().str;
  if (value.is_integer()) return std::to_string(value.as_integer());
  if (value.is_floating()) return weft::detail::shortest(value.as_floating());
  if (value.is_array()) {
    std::string all;
    for (const auto& one : value.as_array()) {
      if (!one.is_string()) weft::fail({.file = file, .subject = key, .found = "a list", .wanted = "one of strings"});
      all += (all.empty() ? "" : ",") + one.as_string().str;
    }
    return all;
  }
  weft::fail({.file = file, .subject = key, .found = "a value of another kind", .wanted = "a string or a number"});
}

toml::value parsed(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) weft::fail({.file = file, .found = "a file that cannot be read", .wanted = "a recipe in TOML"});
  try {
    return toml::parse(in, file);
  } catch (const std::exception& e) {  // the first line of what toml11 says; the others draw the place
    const std::string said = e.what();
    weft::fail({.file = file, .found = said.substr(0, said.find('\n')), .wanted = "a recipe in TOML"});
  }
}
}  // namespace

std::vector<std::pair<std::string, std::string>> read_recipe(const std::string& file) {
  const auto document = parsed(file);
  std::vector<std::pair<std::string, std::string>> options;
  for (const auto& [key, value] : document.as_table()) {
    if (!value.is_boolean())
      options.emplace_back("--" + key, text_of(value, key, file));
    else if (value.as_boolean())
      options.emplace_back("--" + key, "");
  }
  std::sort(options.begin(), options.end());  // a table has no order
  std::vector<std::string> words{"weft", "--data=", "--out="};
  words[1] += file, words[2] += file;  // whatever they are, they are given elsewhere
  for (const auto& [name, value] : options) words.push_back(value.empty() ? name : name + "=" + value);
  std::vector<const char*> said;
  for (const auto& word : words) said.push_back(word.c_str());
  try {
    weft::program::read_train_request(static_cast<int>(said.size()), said.data());
  } catch (const weft::error& e) {
    weft::fail({.file = file, .found = e.what(), .wanted = "options of weft train without the dashes"});
  }
  return options;
}
#else
std::vector<std::pair<std::string, std::string>> read_recipe(const std::string& file) {
  weft::fail({.file = file,
              .found = "a recipe",
              .wanted = "a weft that was built with toml11",
              .remedy = "install it (Debian: libtoml11-dev) and build weft again, or give the options themselves"});
}
#endif

}  // namespace weft_program

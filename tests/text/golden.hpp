#pragma once
// Reads the reference's answers for the tests of text/.
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace golden {

inline std::string content(const std::string& name) {
  std::ifstream file(std::string(WEFT_TEST_DATA "/tokenizers/") + name, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error("cannot read " + name);
  return text.str();
}

inline std::vector<nlohmann::json> lines(const std::string& name) {
  std::istringstream text(content(name));
  std::vector<nlohmann::json> out;
  for (std::string line; std::getline(text, line);) out.push_back(nlohmann::json::parse(line));
  return out;
}

}  // namespace golden

// weft tokenize DIR|vocab.txt: cuts lines of standard input into tokens.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <weft/io/tokenizer_json.hpp>
#include <weft/program/lines.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {
int tokenize(const tokenize_options& options) {
  const auto at = model_at(options.where);
  auto how = with_every_library();
  if (options.cased) how.lowercase = false;
  const auto tokenizer = weft::read_tokenizer(at, how);
  std::ios::sync_with_stdio(false);
  bool faults = false;
  weft::program::line_source in(0);
  for (std::vector<weft::program::line> lines; in.next(lines); std::cout.flush())
    for (const auto& line : lines) {
      if (!line.fault.empty()) {
        std::fprintf(stderr, "weft: line %td: %s\n", line.number, line.fault.c_str());
        faults = true;
        continue;
      }
      const auto encoding = tokenizer.encode(line.text);
      const auto tokens = tokenizer.tokens(encoding);
      if (!options.json) {
        for (std::size_t i = 0; i < tokens.size(); ++i) std::cout << (i ? " " : "") << tokens[i];
        std::cout << '\n';
        continue;
      }
      auto offsets = nlohmann::json::array();
      for (const auto& o : encoding.offsets) offsets.push_back({o.begin, o.end});
      nlohmann::ordered_json object;
      object["ids"] = encoding.ids;
      object["tokens"] = tokens;
      object["offsets"] = offsets;
      std::cout << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    }
  return faults ? 1 : 0;
}

}  // namespace weft_program

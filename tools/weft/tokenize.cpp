// weft tokenize DIR|vocab.txt: cuts lines of standard input into tokens.
#include <iostream>
#include <nlohmann/json.hpp>
#include <weft/io/tokenizer_json.hpp>
#ifdef WEFT_HAS_SENTENCEPIECE
#include <weft/text/sentencepiece.hpp>
#endif

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {
int tokenize(const tokenize_options& options) {
  const auto at = model_at(options.where);
  weft::tokenizer_reading how;
  if (options.cased) how.lowercase = false;
#ifdef WEFT_HAS_SENTENCEPIECE
  how.sentencepiece = weft::read_sentencepiece;
#endif
  const auto tokenizer = weft::read_tokenizer(at, how);
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto encoding = tokenizer.encode(line);
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
  return 0;
}

}  // namespace weft_program

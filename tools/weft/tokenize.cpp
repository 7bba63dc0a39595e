// weft tokenize DIR|vocab.txt: cuts lines of standard input into tokens.
#include <weft/io/tokenizer_json.hpp>
#include <weft/program/lines.hpp>
#include <weft/program/printing.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {

namespace {

void append_tokens(const std::vector<std::string_view>& tokens, std::string& to) {
  for (std::size_t i = 0; i < tokens.size(); ++i) weft::program::append_shown(to += i ? " " : "", tokens[i]);
  to += '\n';
}

// {"ids":[1,2],"tokens":["a","b"],"offsets":[[0,1],[2,3]]}
void append_object(const weft::encoding& text, const std::vector<std::string_view>& tokens, std::string& to) {
  to += "{\"ids\":[";
  for (std::size_t i = 0; i < text.ids.size(); ++i) (to += i ? "," : "") += std::to_string(text.ids[i]);
  to += "],\"tokens\":[";
  for (std::size_t i = 0; i < tokens.size(); ++i) weft::program::append_string(to += i ? "," : "", tokens[i]);
  to += "],\"offsets\":[";
  for (std::size_t i = 0; i < text.offsets.size(); ++i)
    ((to += i ? ",[" : "[") += std::to_string(text.offsets[i].begin) + ",") +=
        std::to_string(text.offsets[i].end) + "]";
  to += "]}\n";
}

}  // namespace

int tokenize(const tokenize_options& options) {
  const auto at = model_at(options.where);
  auto how = with_every_library();
  if (options.cased) how.lowercase = false;
  const auto tokenizer = weft::read_tokenizer(at, how);
  bool faults = false;
  std::string out;
  weft::program::line_source in(0);
  for (std::vector<weft::program::line> lines; in.next(lines); out.clear()) {
    for (const auto& line : lines) {
      if (!line.fault.empty()) {
        weft::program::complain("line " + std::to_string(line.number) + ": " + line.fault);
        faults = true;
        continue;
      }
      const auto encoding = tokenizer.encode(line.text);
      const auto tokens = tokenizer.tokens(encoding);
      options.json ? append_object(encoding, tokens, out) : append_tokens(tokens, out);
    }
    weft::program::write_all(1, out);
  }
  return faults ? 1 : 0;
}

}  // namespace weft_program

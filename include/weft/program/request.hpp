#pragma once
// What a compiled program is asked to do: its command line.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/base/index.hpp>
#include <weft/base/pooling_modes.hpp>
#include <weft/program/suggestion.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

struct request {
  std::string directory = {};                    ///< of the model
  std::vector<std::string_view> texts = {};      ///< none: lines of standard input
  bool json = false;                             ///< JSON Lines instead of text for people
  bool quiet = false;                            ///< nothing on standard error but what is wrong
  bool strict = false;                           ///< the first bad line ends it
  bool truncate = false;                         ///< texts that are too long are cut; otherwise they are bad lines
  bool pairs = false;                            ///< a text is two, with a tab between
  bool normalize = false;                        ///< vectors get length 1
  bool may_be_absent = false;                    ///< "no answer" is an answer
  bool allow_nonfinite = false;                  ///< NaN and infinity pass, in weights and in answers
  bool vectors = false;                          ///< a passport holds ids and vectors, too
  index_t threads = 0;                           ///< 0: one for each processor that may be used
  index_t max_length = 0;                        ///< tokens of a text; 0: as many as the model takes
  index_t truncate_dim = 0;                      ///< values of a vector that are kept; 0: as the model says
  index_t top = 0;                               ///< how many answers; 0: the task's own number
  std::optional<pooling_modes> pooling = {};     ///< how the rows of a text become a vector, whatever the model says
  std::string join = {};                         ///< which tokens become one span; empty: those of one label
  std::string family = {};                       ///< the model_type where config.json has none
  std::string in = {};                           ///< a file of texts, or a folder of such; empty: standard input
  std::string out = {}, precision = {};          ///< a file for vectors, and how their values are written there
  std::string decisions = {};                    ///< the options that decide an answer, as they were given
  std::optional<index_t> rank = {};              ///< which share of `in` this program takes, of `ranks`
  index_t ranks = 0;                             ///< 0: what mpirun says, else 1
  std::string prompt = {}, query_prompt = {};    ///< names of the model's prompts, for texts and for the query
  std::optional<double> width = {}, depth = {};  ///< shares of a slimmable model that run; none: all of it
  std::optional<std::string> about = {};         ///< a question, a query, or the file that a passport is compared with
};

namespace detail {

inline index_t whole_number(std::string_view option, std::string_view text, index_t most, index_t least = 1) {
  index_t value = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (mistake != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    fail({.subject = option,
          .found = text,
          .wanted = "a whole number of " + std::to_string(least) + " to " + std::to_string(most)});
  return value;
}

/// A number as people write it.
inline double number(std::string_view option, std::string_view text) {
  const std::string whole(text);
  char* end = nullptr;
  const double value = std::strtod(whole.c_str(), &end);
  if (whole.empty() || end != whole.c_str() + whole.size())
    fail({.subject = option, .found = text, .wanted = "a number, as 0.5"});
  return value;
}

/// The words of lists with blanks around each.
inline std::vector<std::string> words_of(std::string_view first, std::string_view second) {
  std::vector<std::string> words;
  for (std::string_view rest : {first, second})
    while (!rest.empty()) {
      const auto word = rest.substr(0, rest.find(' '));
      if (!word.empty()) words.emplace_back(word);
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
  return words;
}

/// The ways of pooling that a word names, with + between them.
inline pooling_modes pooling_of(std::string_view option, std::string_view text) {
  constexpr std::array<std::pair<std::string_view, pooling>, 6> names{{{"mean", pooling::mean},
                                                                       {"first", pooling::first_token},
                                                                       {"last", pooling::last_token},
                                                                       {"max", pooling::maximum},
                                                                       {"sqrt-mean", pooling::square_root_mean},
                                                                       {"weighted-mean", pooling::weighted_mean}}};
  std::vector<pooling> all;
  for (auto rest = text;;) {
    const auto word = rest.substr(0, rest.find('+'));
    const auto at = std::find_if(names.begin(), names.end(), [&](const auto& one) { return one.first == word; });
    if (at == names.end())
      fail({.subject = option,
            .found = text,
            .wanted = "mean, first, last, max, sqrt-mean or weighted-mean, or some of them with + between"});
    all.push_back(at->second);
    if (word.size() == rest.size()) return pooling_modes(all);
    rest.remove_prefix(word.size() + 1);
  }
}

}  // namespace detail

/// Reads a command line: options as --top=3 or --top 3, then texts; after "--" everything is a text. `own` are the
/// options of the task beside those of every program, with blanks around each. Throws weft::error for what it does not
/// know.
inline request read_request(int count, const char* const* words, std::string_view own) {
  request r;
  bool options = true;
  for (int at = 1; at < count; ++at) {
    std::string_view word = words[at];
    if (options && word == "--") {
      options = false;
      continue;
    }
    if (!options || !word.starts_with("--")) {
      r.texts.push_back(word);
      continue;
    }
    const auto name = word.substr(0, word.find('='));
    std::string_view given;
    const auto value = [&]() -> std::string_view {
      if (name.size() < word.size()) return given = word.substr(name.size() + 1);
      if (++at < count) return given = words[at];
      fail({.subject = name, .found = "nothing after it", .wanted = "a value"});
    };
    const std::string key = ' ' + std::string(name) + ' ';
    constexpr std::string_view every = " --json --quiet --strict --threads --model --family --allow-nonfinite ";
    if (every.find(key) == every.npos && own.find(key) == own.npos)
      fail({.subject = name,
            .found = "no such option" + suggestion(name, detail::words_of(every, own)),
            .remedy = "--help lists those that there are"});
    bool* const flag = name == "--json"              ? &r.json
                       : name == "--quiet"           ? &r.quiet
                       : name == "--strict"          ? &r.strict
                       : name == "--truncate"        ? &r.truncate
                       : name == "--pairs"           ? &r.pairs
                       : name == "--normalize"       ? &r.normalize
                       : name == "--absent"          ? &r.may_be_absent
                       : name == "--allow-nonfinite" ? &r.allow_nonfinite
                       : name == "--vectors"         ? &r.vectors
                                                     : nullptr;
    if (flag && name.size() < word.size())
      fail({.subject = name, .found = word, .wanted = "the option alone; it takes no value"});
    if (flag)
      *flag = true;
    else if (name == "--model")
      r.directory = value();
    else if (name == "--question" || name == "--query" || name == "--against")
      r.about = value();
    else if (name == "--family")
      r.family = value();
    else if (name == "--prompt")
      r.prompt = value();
    else if (name == "--in")
      r.in = value();
    else if (name == "--out")
      r.out = value();
    else if (name == "--rank")
      r.rank = detail::whole_number(name, value(), 1 << 20, 0);
    else if (name == "--ranks")
      r.ranks = detail::whole_number(name, value(), 1 << 20);
    else if (name == "--precision")
      r.precision = value();
    else if (name == "--join")
      r.join = value();
    else if (name == "--query-prompt")
      r.query_prompt = value();
    else if (name == "--truncate-dim")
      r.truncate_dim = detail::whole_number(name, value(), 1 << 20);
    else if (name == "--threads")
      r.threads = detail::whole_number(name, value(), 1024);
    else if (name == "--max-length")
      r.max_length = detail::whole_number(name, value(), 1 << 20);
    else if (name == "--width" || name == "--depth")
      (name == "--width" ? r.width : r.depth) = detail::number(name, value());
    else if (name == "--top")
      r.top = detail::whole_number(name, value(), 1 << 20);
    else  // --pooling
      r.pooling = detail::pooling_of(name, value());
    constexpr std::string_view where = " --model --in --out --rank --ranks --threads --quiet --strict ";
    if (where.find(key) == where.npos) {
      r.decisions += ' ' + std::string(name);
      if (!flag) r.decisions += '=' + std::string(given);
    }
  }
  if (!r.precision.empty() && r.out.empty())
    fail({.subject = "--precision", .found = "no --out", .wanted = "a file that the vectors go to"});
  if (!r.in.empty() && (r.out.empty() || !r.texts.empty()))
    fail({.subject = "--in",
          .found = r.out.empty() ? "no --out" : "texts beside it",
          .wanted = "a folder that the ranks' files go to, and no other texts"});
  if (r.in.empty() && (r.rank || r.ranks > 0))
    fail({.subject = "--rank", .found = "no --in", .wanted = "files of which it takes a share"});
  if (r.json && !r.out.empty() && r.in.empty())
    fail({.subject = "--json", .found = "it and --out", .wanted = "lines of JSON, or a file of vectors"});
  r.strict = r.strict || !r.out.empty();  // row i of a file is text i, or there is no file
  return r;
}

}  // namespace weft::program

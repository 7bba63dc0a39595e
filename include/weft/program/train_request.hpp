#pragma once
// What `weft train` is asked to do: its command line.
#include <charconv>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/program/request.hpp>
#include <weft/program/suggestion.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// What a training is asked to do.
struct train_request {
  std::string task = "classify";  ///< classify, regress, tokens, answer or mlm
  std::string model, data, validation, out;
  labelled_columns columns;
  fine_tuning_options how;
  index_t threads = 0;
  index_t save = 0;      ///< steps from one checkpoint to the next; 0: an epoch
  index_t patience = 0;  ///< ends when so many epochs in a row were no better on the validation; 0: never
  index_t keep = 0;      ///< the newest so many are kept when all is done; 0: one, until then
  bool resume = false;   ///< go on where the newest checkpoint is
  bool dry_run = false, quiet = false;
};

namespace detail {
inline double real_number(std::string_view option, std::string_view text) {
  double value = 0;
  const auto [end, mistake] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (mistake != std::errc{} || end != text.data() + text.size() || !is_finite(value))
    fail({.subject = option, .found = text, .wanted = "a number"});
  return value;
}
inline schedule_kind schedule_of(std::string_view text) {
  constexpr std::pair<std::string_view, schedule_kind> kinds[] = {{"linear", schedule_kind::linear},
                                                                  {"linear-of-all", schedule_kind::bert},
                                                                  {"warm-up-times-linear", schedule_kind::electra},
                                                                  {"constant", schedule_kind::constant},
                                                                  {"cosine", schedule_kind::cosine}};
  for (const auto& [name, kind] : kinds)
    if (name == text) return kind;
  fail({.subject = "--schedule",
        .found = text,
        .wanted = "linear, linear-of-all, warm-up-times-linear, constant or cosine"});
}

// Names with commas between.
inline std::vector<std::string> names_of(std::string_view text) {
  std::vector<std::string> names;
  for (auto rest = text;; rest.remove_prefix(names.back().size() + 1)) {
    names.emplace_back(rest.substr(0, rest.find(',')));
    if (names.back().empty()) fail({.subject = "--targets", .found = text, .wanted = "names with commas between"});
    if (names.back().size() == rest.size()) return names;
  }
}

// The columns that a task reads where nothing else was said.
inline void choose_columns(train_request& r) {
  auto& c = r.columns;
  const bool answers = r.task == "answer";
  if (c.text.empty()) c.text = answers ? "question" : "text";
  if (c.second.empty() && answers) c.second = "context";
  if (c.label.empty()) c.label = answers ? "answer" : r.task == "tokens" ? "labels" : "label";
  c.may_be_empty = answers;
  if (r.task == "regress" && c.targets.empty()) c.targets = {c.label};
  if (r.task != "regress" && (!c.targets.empty() || r.how.binary))
    fail({.subject = c.targets.empty() ? "--loss" : "--targets",
          .found = "the task " + r.task,
          .wanted = "--task regress, which learns numbers"});
}
}  // namespace detail

/// Reads a command line of options as --rate=1e-4. Throws weft::error for what it does not know.
inline train_request read_train_request(int count, const char* const* words) {
  train_request r;
  struct option {
    std::string_view name;
    std::function<void(std::string_view)> take;  // none: a flag
    bool* flag = nullptr;
  };
  const auto text = [](std::string& to) { return [&to](std::string_view v) { to = v; }; };
  const auto whole = [](const char* name, index_t& to, index_t most) {
    return [=, &to](std::string_view v) { to = detail::whole_number(name, v, most); };
  };
  const auto real = [](const char* name, double& to) {
    return [=, &to](std::string_view v) { to = detail::real_number(name, v); };
  };
  auto& how = r.how;
  r.columns.text.clear(), r.columns.label.clear();
  const auto one_of = [](const char* name, std::string_view v, std::initializer_list<std::string_view> known) {
    std::string all;
    for (const auto word : known) {
      if (word == v) return;
      all += (all.empty() ? "" : ", ") + std::string(word);
    }
    fail({.subject = name, .found = v, .wanted = "one of " + all});
  };
  const std::vector<option> options{
      {"--model", text(r.model)},
      {"--data", text(r.data)},
      {"--validation", text(r.validation)},
      {"--out", text(r.out)},
      {"--task",
       [&](std::string_view v) {
         one_of("--task", v, {"classify", "regress", "tokens", "answer", "mlm"}), r.task = v;
       }},
      {"--targets", [&](std::string_view v) { r.columns.targets = detail::names_of(v); }},
      {"--loss",
       [&](std::string_view v) {
         one_of("--loss", v, {"squared", "binary"}), how.binary = v == "binary";
       }},
      {"--stride", whole("--stride", how.stride, 1 << 20)},
      {"--text", text(r.columns.text)},
      {"--second", text(r.columns.second)},
      {"--label", text(r.columns.label)},
      {"--epochs", whole("--epochs", how.epochs, 100000)},
      {"--rate", real("--rate", how.rate)},
      {"--batch", whole("--batch", how.batch_tokens, index_t{1} << 30)},
      {"--piece", whole("--piece", how.piece_tokens, index_t{1} << 30)},
      {"--warm-up", real("--warm-up", how.warm_up)},
      {"--decay", real("--decay", how.decay)},
      {"--clip", real("--clip", how.clip)},
      {"--dropout", real("--dropout", how.dropout)},
      {"--smoothing", real("--smoothing", how.smoothing)},
      {"--max-length", whole("--max-length", how.max_length, 1 << 20)},
      {"--threads", whole("--threads", r.threads, 1024)},
      {"--patience", whole("--patience", r.patience, 1 << 20)},
      {"--save", whole("--save", r.save, index_t{1} << 40)},
      {"--keep", whole("--keep", r.keep, 1 << 20)},
      {"--resume", {}, &r.resume},
      {"--schedule", [&](std::string_view v) { how.rates = detail::schedule_of(v); }},
      {"--seed",
       [&](std::string_view v) {
         how.seed = static_cast<std::uint64_t>(detail::whole_number("--seed", v, index_t{1} << 40));
       }},
      {"--masked", real("--masked", how.masked)},
      {"--whole-words", {}, &how.whole_words},
      {"--new-head", {}, &how.new_head},
      {"--fresh", {}, &how.fresh},
      {"--dry-run", {}, &r.dry_run},
      {"--quiet", {}, &r.quiet}};
  for (int at = 1; at < count; ++at) {
    const std::string_view word = words[at], name = word.substr(0, word.find('='));
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const option& one) { return one.name == name; });
    if (found == options.end()) {
      std::vector<std::string> names;
      for (const auto& one : options) names.emplace_back(one.name);
      fail({.subject = name, .found = "no such option" + suggestion(name, names)});
    }
    if (found->flag && name.size() < word.size())
      fail({.subject = name, .found = word, .wanted = "the option alone; it takes no value"});
    if (found->flag) {
      *found->flag = true;
    } else if (name.size() < word.size()) {
      found->take(word.substr(name.size() + 1));
    } else {
      if (++at == count) fail({.subject = name, .found = "nothing after it", .wanted = "a value"});
      found->take(words[at]);
    }
  }
  for (const auto& [name, value] : {std::pair("--data", &r.data), {"--out", &r.out}})
    if (value->empty()) fail({.subject = name, .found = "nothing", .wanted = "a value"});
  if (r.patience > 0 && r.validation.empty())
    fail({.subject = "--patience", .found = "no --validation", .wanted = "texts to be judged by"});
  detail::choose_columns(r);
  return r;
}

}  // namespace weft::program

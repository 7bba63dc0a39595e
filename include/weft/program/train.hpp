#pragma once
// The program that `weft train` compiles and runs: docs/how-to/fine-tune.md.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/fine_tuner.hpp>
#include <weft/program/files.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/progress.hpp>
#include <weft/program/suggestion.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// What a training is asked to do.
struct train_request {
  std::string model, data, validation, out;
  labelled_columns columns;
  fine_tuning_options how;
  index_t threads = 0;
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
  const std::vector<option> options{
      {"--model", text(r.model)},
      {"--data", text(r.data)},
      {"--validation", text(r.validation)},
      {"--out", text(r.out)},
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
      {"--schedule", [&](std::string_view v) { how.rates = detail::schedule_of(v); }},
      {"--seed",
       [&](std::string_view v) {
         how.seed = static_cast<std::uint64_t>(detail::whole_number("--seed", v, index_t{1} << 40));
       }},
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
  return r;
}

namespace detail {
inline volatile std::sig_atomic_t asked_to_end = 0;
inline void ask_to_end(int) { asked_to_end = 1; }

// A few digits of a number for people.
inline std::string few_digits(double value, const char* format = "%.4g") {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}
}  // namespace detail

/// One training, from a request to a directory.
template <class Spec>
class training {
 public:
  explicit training(train_request r) : request_(std::move(r)), pool_(request_.threads) {
    request_.how.run = pool_;
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(request_.out, ignored)))
      fail({.file = request_.out, .found = "something that exists", .wanted = "a new directory"});
  }

  int run() {
    request files;
    files.directory = request_.model;
    auto source = files_of(files, false).source;
    auto texts = read(request_.data);
    if (!request_.validation.empty()) held_ = read(request_.validation), warn_of_both(texts);
    fine_tuner<Spec> tune(std::move(source), texts, request_.how);
    if (tune.cut() > 0) note(std::to_string(tune.cut()) + " texts were cut at the most tokens that a text may have");
    const auto summary = std::to_string(tune.texts()) + " texts, " + std::to_string(tune.labels().size()) +
                         " labels, " + std::to_string(tune.steps()) + " steps";
    texts = {};
    if (request_.dry_run) {
      page said;
      said << summary << "; weights, gradients and moments take " << ((tune.memory_bytes() + (1 << 20) - 1) >> 20)
           << " MB\n";
      said.print();
      return 0;
    }
    note(summary);
    learn(tune);
    tune.save(request_.out, request_.model, {{"metrics.jsonl", metrics_}});
    page said;
    said << "wrote " << request_.out << "\n";
    said.print();
    return 0;
  }

 private:
  labelled_texts read(const std::string& file) {
    auto texts = read_labelled_texts(file, request_.columns);
    if (texts.skipped > 0)
      note(file + ": " + std::to_string(texts.skipped) +
           " lines are not UTF-8 and are left out, the first of them line " + std::to_string(texts.first_skipped));
    return texts;
  }
  void warn_of_both(const labelled_texts& texts) {
    std::set<std::pair<std::string, std::string>> learnt;
    for (const auto& t : texts.all) learnt.emplace(t.text, t.second);
    index_t both = 0;
    for (const auto& t : held_->all) both += learnt.count({t.text, t.second}) > 0;
    if (both > 0) note(std::to_string(both) + " texts are in both files: what is said of them is no test");
  }
  void note(const std::string& sentence) const {
    if (!request_.quiet) say(weft::detail::printable_whole(sentence));
  }

  void learn(fine_tuner<Spec>& tune) {
    std::signal(SIGINT, detail::ask_to_end);
    progress shown(!request_.quiet, tune.steps(), true);
    double best = -1, sum = 0;
    index_t steps = 0, epoch = 0;
    while (!tune.done() && !detail::asked_to_end) {
      tune.step();
      const auto& now = tune.progress();
      sum += now.loss, ++steps;
      const auto loss = detail::few_digits(now.loss), rate = detail::few_digits(now.rate);
      metrics_ += "{\"step\":" + std::to_string(now.step) + ",\"loss\":" + detail::few_digits(now.loss, "%.9g") +
                  ",\"rate\":" + detail::few_digits(now.rate, "%.9g") + "}\n";
      shown.show_step(now.step, "loss " + loss + ", rate " + rate);
      if (now.epoch == epoch) continue;
      epoch = now.epoch;
      std::string line = "epoch " + std::to_string(epoch) + " of " + std::to_string(now.epochs) + ": loss " +
                         detail::few_digits(sum / static_cast<double>(steps));
      sum = 0, steps = 0;
      if (held_) {
        const auto score = tune.judge(*held_);
        line += ", of " + std::to_string(score.texts) + " held texts " +
                detail::few_digits(100 * score.accuracy(), "%.1f") + " % right (loss " +
                detail::few_digits(score.loss) + ")";
        metrics_ += "{\"epoch\":" + std::to_string(epoch) +
                    ",\"validation_loss\":" + detail::few_digits(score.loss, "%.9g") +
                    ",\"validation_accuracy\":" + detail::few_digits(score.accuracy(), "%.9g") + "}\n";
        if (score.accuracy() > best) best = score.accuracy(), tune.keep();
      }
      shown.clear();
      page said;
      said << line << "\n";
      said.print();
    }
    shown.clear();
    if (!tune.done())
      note("ended as asked after step " + std::to_string(tune.progress().step) + "; what it has learnt is written");
  }

  train_request request_;
  thread_pool pool_;
  std::optional<labelled_texts> held_;
  std::string metrics_;
};

/// The program itself. Exit codes: 0 all is well, 1 something was not.
template <class Spec>
int train_main(int count, char** words) {
  return guarded_main([&](auto&) { return training<Spec>(read_train_request(count, words)).run(); });
}

}  // namespace weft::program

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
  index_t save = 0;     ///< steps from one checkpoint to the next; 0: an epoch
  index_t keep = 0;     ///< the newest so many are kept when all is done; 0: one, until then
  bool resume = false;  ///< go on where the newest checkpoint is
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
      {"--save", whole("--save", r.save, index_t{1} << 40)},
      {"--keep", whole("--keep", r.keep, 1 << 20)},
      {"--resume", {}, &r.resume},
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

/// One training, from a request to a directory. On the way there are checkpoints in OUT.checkpoints.
template <class Spec, class Task = sort_texts>
class training {
 public:
  explicit training(train_request r)
      : request_(std::move(r)), pool_(request_.threads), checkpoints_(request_.out + ".checkpoints") {
    request_.how.run = pool_;
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(request_.out, ignored)))
      fail({.file = request_.out, .found = "something that exists", .wanted = "a new directory"});
    if (!request_.resume && !request_.dry_run && !checkpoints_.newest().empty())
      fail({.file = checkpoints_.directory().string(),
            .found = "checkpoints of a training that is not done",
            .wanted = "none",
            .remedy = "--resume goes on with it; otherwise remove them, or name another --out"});
  }

  int run() {
    request files;
    files.directory = request_.model;
    auto source = files_of(files, false).source;
    auto texts = read(request_.data);
    if (!request_.validation.empty()) held_ = read(request_.validation), warn_of_both(texts);
    fine_tuner<Spec, Task> tune(std::move(source), texts, request_.how);
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
    if (held_) tune.facts().emplace_back("validation", digest_of(*held_));
    if (request_.resume) resume(tune);
    learn(tune);
    if (!tune.done()) return interrupted(tune);
    tune.save(request_.out, request_.model, {{metrics_name, metrics_}});
    if (request_.keep > 0)
      checkpoints_.prune(request_.keep);
    else
      checkpoints_.remove();
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
  static std::string digest_of(const labelled_texts& texts) {
    sha256 all;
    for (const auto& t : texts.all)
      for (const auto* part : {&t.text, &t.second, &t.label})
        all.add(static_cast<std::uint32_t>(part->size())).add(*part);
    return all.digest();
  }
  void resume(fine_tuner<Spec, Task>& tune) {
    const auto from = checkpoints_.newest();
    checkpoints_.prune(std::max<index_t>(request_.keep, 1));
    if (from.empty()) return note("there is no checkpoint yet; it begins with step 1");
    tune.resume(from);
    if (file_exists(from / metrics_name)) metrics_ = mapped_file::open(from / metrics_name)->text();
    note("goes on after step " + std::to_string(tune.progress().step));
  }
  void save(fine_tuner<Spec, Task>& tune) const {
    const auto place = checkpoints_.place_of(tune.progress().step);
    if (!is_folder(place)) tune.save_checkpoint(place, request_.model, {{metrics_name, metrics_}});
    checkpoints_.prune(std::max<index_t>(request_.keep, 1));
  }
  int interrupted(fine_tuner<Spec, Task>& tune) const {
    save(tune);
    const auto step = tune.progress().step;
    note("ended as asked after step " + std::to_string(step) + " of " + std::to_string(tune.steps()) +
         "; the same with --resume goes on, and " + checkpoints_.place_of(step).string() + " is a model already");
    return 130;  // as programs that end by Ctrl-C
  }
  void note(const std::string& sentence) const {
    if (!request_.quiet) say(weft::detail::printable_whole(sentence));
  }

  void learn(fine_tuner<Spec, Task>& tune) {
    for (const int number : {SIGINT, SIGTERM}) std::signal(number, detail::ask_to_end);
    progress shown(!request_.quiet, tune.steps(), true);
    while (!tune.done() && !detail::asked_to_end) {
      const auto epoch = tune.progress().epoch;
      tune.step();
      const auto& now = tune.progress();
      const auto loss = detail::few_digits(now.loss), rate = detail::few_digits(now.rate);
      metrics_ += "{\"step\":" + std::to_string(now.step) + ",\"loss\":" + detail::few_digits(now.loss, "%.9g") +
                  ",\"rate\":" + detail::few_digits(now.rate, "%.9g") + "}\n";
      shown.show_step(now.step, "loss " + loss + ", rate " + rate);
      const bool ended = now.epoch != epoch;
      if (ended) end_epoch(tune, shown);
      if (!tune.done() && (request_.save > 0 ? now.step % request_.save == 0 : ended)) save(tune);
    }
    shown.clear();
  }
  void end_epoch(fine_tuner<Spec, Task>& tune, progress& shown) {
    const auto& now = tune.progress();
    std::string line = "epoch " + std::to_string(now.epoch) + " of " + std::to_string(now.epochs) + ": loss " +
                       detail::few_digits(now.epoch_loss / static_cast<double>(now.epoch_steps));
    if (held_) {
      const auto score = tune.judge(*held_);
      const auto measure = [&](const std::string& name, double value) {
        metrics_ += ",\"validation_" + name + "\":" + detail::few_digits(value, "%.9g");
      };
      line += ", of " + std::to_string(score.texts) + " held texts " +
              detail::few_digits(100 * score.accuracy(), "%.1f") + " % right (loss " + detail::few_digits(score.loss) +
              ")";
      metrics_ += "{\"epoch\":" + std::to_string(now.epoch);
      measure("loss", score.loss);
      for (const auto& [name, value] : score.measures) measure(name, value);
      metrics_ += "}\n";
      tune.keep(score.value);
    }
    shown.clear();
    page said;
    said << line << "\n";
    said.print();
  }

  static constexpr const char* metrics_name = "metrics.jsonl";
  train_request request_;
  thread_pool pool_;
  training_checkpoints checkpoints_;
  std::optional<labelled_texts> held_;
  std::string metrics_;
};

/// The program itself. Exit codes: 0 all is well, 1 something was not.
template <class Spec>
int train_main(int count, char** words) {
  return guarded_main([&](auto&) { return training<Spec>(read_train_request(count, words)).run(); });
}

}  // namespace weft::program

#pragma once
// The program that `weft train` compiles and runs: docs/how-to/fine-tune.md.
#include <bit>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/estimate_values.hpp>
#include <weft/pipeline/find_answers.hpp>
#include <weft/pipeline/fine_tuner.hpp>
#include <weft/pipeline/mask_words.hpp>
#include <weft/pipeline/tag_words.hpp>
#include <weft/program/curves.hpp>
#include <weft/program/files.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/progress.hpp>
#include <weft/program/train_request.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

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
    texts_type texts, held;
    read(request_.data, texts);
    if (!request_.validation.empty()) read(request_.validation, held), held_ = std::move(held), warn_of_both(texts);
    fine_tuner<Spec, Task> tune(std::move(source), texts, request_.how);
    if (tune.cut() > 0) note(std::to_string(tune.cut()) + " texts were cut at the most tokens that a text may have");
    const auto summary = std::to_string(tune.texts()) + outputs_of(tune) + std::to_string(tune.steps()) + " steps";
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
    if (!tune.done() && !ended_early(tune)) return interrupted(tune);
    tune.save(request_.out, request_.model, files_beside());
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
  using texts_type = typename fine_tuner<Spec, Task>::texts_type;

  void read(const std::string& file, labelled_texts& texts) {
    texts = read_labelled_texts(file, request_.columns);
    if (texts.skipped > 0)
      note(file + ": " + std::to_string(texts.skipped) +
           " lines are not UTF-8 and are left out, the first of them line " + std::to_string(texts.first_skipped));
  }
  void read(const std::string& file, plain_text& text) { text = {file, request_.out + ".tokens"}; }
  void warn_of_both(const labelled_texts& texts) {
    std::set<std::pair<std::string, std::string>> learnt;
    for (const auto& t : texts.all) learnt.emplace(t.text, t.second);
    index_t both = 0;
    for (const auto& t : held_->all) both += learnt.count({t.text, t.second}) > 0;
    if (both > 0) note(std::to_string(both) + " texts are in both files: what is said of them is no test");
  }
  void warn_of_both(const plain_text&) {}
  std::string outputs_of(const fine_tuner<Spec, Task>& tune) const {
    if (request_.task == "mlm") return " examples, ";
    return " texts, " + std::to_string(tune.task().outputs()) +
           (request_.task == "regress"  ? " targets, "
            : request_.task == "answer" ? " ends of answers, "
                                        : " labels, ");
  }
  static std::string digest_of(const plain_text& text) {
    const auto file = mapped_file::open(text.file);
    return sha256().add(file->text()).digest();
  }
  static std::string digest_of(const labelled_texts& texts) {
    sha256 all;
    for (const auto& t : texts.all)
      for (const auto* part : {&t.text, &t.second, &t.label})
        all.add(static_cast<std::uint32_t>(part->size())).add(*part);
    for (const auto& t : texts.all)
      for (const auto target : t.targets) all.add(std::bit_cast<std::uint32_t>(target));
    return all.digest();
  }
  void resume(fine_tuner<Spec, Task>& tune) {
    const auto from = checkpoints_.newest();
    if (!from.empty()) tune.resume(from);  // which refuses another training before anything of this one is removed
    checkpoints_.prune(std::max<index_t>(request_.keep, 1));
    if (from.empty()) return note("there is no checkpoint yet; it begins with step 1");
    if (file_exists(from / metrics_name)) metrics_ = mapped_file::open(from / metrics_name)->text();
    note("goes on after step " + std::to_string(tune.progress().step));
  }
  void save(fine_tuner<Spec, Task>& tune) const {
    const auto place = checkpoints_.place_of(tune.progress().step);
    if (!is_folder(place)) tune.save_checkpoint(place, request_.model, files_beside());
    checkpoints_.prune(std::max<index_t>(request_.keep, 1));
  }
  std::vector<std::pair<std::string, std::string>> files_beside() const {
    return {{metrics_name, metrics_}, {"curves.html", curves_page(metrics_)}};
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
    while (!tune.done() && !detail::asked_to_end && !ended_early(tune)) {
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
    if (ended_early(tune))
      note("ended after epoch " + std::to_string(tune.progress().epoch) + ", as " + std::to_string(request_.patience) +
           " epochs were no better than the best");
  }
  bool ended_early(fine_tuner<Spec, Task>& tune) const {
    return request_.patience > 0 && tune.progress().since_best >= request_.patience;
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
      line += ", of " + std::to_string(score.texts) +
              (request_.task == "tokens" ? " held words "
               : request_.task == "mlm"  ? " masked tokens of held texts "
                                         : " held texts ");
      if (score.right >= 0) line += detail::few_digits(100 * score.accuracy(), "%.1f") + " % right";
      for (std::size_t i = 0; i < score.measures.size() && score.right < 0; ++i)
        line += (i ? ", " : "") + score.measures[i].first + " " + detail::few_digits(score.measures[i].second);
      line += " (loss " + detail::few_digits(score.loss) + ")";
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
  std::optional<texts_type> held_;
  std::string metrics_;
};

/// The program itself. Exit codes: 0 all is well, 1 something was not.
template <class Spec, class Task = sort_texts>
int train_main(int count, char** words) {
  return guarded_main([&](auto&) { return training<Spec, Task>(read_train_request(count, words)).run(); });
}

}  // namespace weft::program

#pragma once
// The examples of a task: those of labelled texts are made at once, and lie in memory.
#include <algorithm>
#include <bit>
#include <utility>
#include <vector>
#include <weft/io/sha256.hpp>
#include <weft/pipeline/fine_tuning_options.hpp>
#include <weft/pipeline/labelled_texts.hpp>
#include <weft/pipeline/model_source.hpp>
#include <weft/pipeline/training_example.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// Examples of labelled texts, which `task.add` makes. A task that reads something else has `examples` of its own,
/// which offer the same.
template <class Task>
class text_examples {
 public:
  text_examples(const Task& task, const labelled_texts& from, const model_source& source,
                const fine_tuning_options& how) {
    std::vector<std::vector<training_example>> of(from.all.size());
    std::vector<char> cut(from.all.size());
    const truncation at_most{.max_length = how.max_length, .side = source.tokenizer.options().truncation_side};
    how.run.for_each(static_cast<index_t>(of.size()), [&](index_t i, index_t) {
      const auto number = static_cast<std::size_t>(i);
      cut[number] = task.add(of[number], from, from.all[number], source.tokenizer, at_most);
    });
    cut_ = std::count(cut.begin(), cut.end(), 1);
    for (auto& some : of)
      for (auto& one : some) all_.push_back(std::move(one));
  }

  index_t size() const { return static_cast<index_t>(all_.size()); }
  index_t length(index_t i) const { return all_[static_cast<std::size_t>(i)].size(); }
  index_t cut() const { return cut_; }  ///< texts of which tokens were cut
  void add_to(training_batch& batch, index_t i, index_t) const { batch.add(all_[static_cast<std::size_t>(i)]); }
  /// Adds all that is learnt of them to a digest.
  void digest(sha256& all) const {
    for (const auto& one : all_) {
      for (const auto* numbers : {&one.ids, &one.segments, &one.labels}) {
        all.add(static_cast<std::uint32_t>(numbers->size()));
        for (const auto number : *numbers) all.add(static_cast<std::uint32_t>(number));
      }
      for (const auto target : one.targets) all.add(std::bit_cast<std::uint32_t>(target));
    }
  }

 private:
  std::vector<training_example> all_;
  index_t cut_ = 0;
};

namespace detail {
template <class Task>
struct task_examples {
  using type = text_examples<Task>;
  using texts = labelled_texts;
};
template <class Task>
requires requires { typename Task::examples; }
struct task_examples<Task> {
  using type = typename Task::examples;
  using texts = typename Task::texts_type;
};
}  // namespace detail

}  // namespace weft

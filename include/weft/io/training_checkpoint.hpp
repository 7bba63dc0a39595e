#pragma once
// What a training needs to go on to the same bits: moments, how far it is, and what it was begun with.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/io/checkpoint.hpp>
#include <weft/io/json.hpp>
#include <weft/io/write_model.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What decides the bits of a training, by name: {"rate", "0.0001"}, {"texts", a digest of them}.
using training_facts = std::vector<std::pair<std::string, std::string>>;

/// How far a training is.
struct training_place {
  index_t epoch = 0, step = 0;  ///< those that are done
  index_t next = 0;             ///< the number, in the epoch's order, of the text that comes next
  index_t tokens = 0;           ///< of all steps so far
  double epoch_loss = 0;        ///< the sum of the losses of this epoch's steps
  index_t epoch_steps = 0;
  index_t since_best = 0;  ///< how many scores in a row were no better than the best
  double best = 0;         ///< the score of the weights that are kept

  friend bool operator==(const training_place&, const training_place&) = default;
};

/// What is stored of a training beside a model's own files: training.json and training.safetensors.
struct training_state {
  training_facts facts;
  training_place place;
  std::vector<float> first, second;  ///< the moments
  std::vector<float> best;           ///< the weights that are kept; empty: none
};

namespace detail {
inline constexpr const char *state_name = "training.json", *moments_name = "training.safetensors";

// The whole numbers of a place and their keys.
inline auto whole_numbers(auto& p) {
  return std::array{std::pair("epoch", &p.epoch),
                    std::pair("step", &p.step),
                    std::pair("next_text", &p.next),
                    std::pair("tokens", &p.tokens),
                    std::pair("epoch_steps", &p.epoch_steps),
                    std::pair("since_best", &p.since_best)};
}

// Copies a tensor that was stored with that many values.
inline void copy_stored(const checkpoint& file, const std::string& name, index_t floats, float* to) {
  const auto* const stored = file.find(name);
  if (!stored || stored->count() != floats)
    fail({.file = file.file(),
          .subject = "tensor " + shown(name),
          .found = stored ? std::to_string(stored->count()) + " values" : "none",
          .wanted = std::to_string(floats) + " values, as this model has"});
  arena store;
  const auto values = as_floats(*stored, store);
  std::copy_n(values.data(), floats, to);
}
}  // namespace detail

/// Writes the state into a directory that is being made.
inline void write_training_state(const new_directory& folder, const training_facts& facts, const training_place& place,
                                 list<const float> first, list<const float> second, list<const float> best) {
  nlohmann::json document = nlohmann::json::object();
  const detail::json_scope scope(document);
  for (const auto& [name, value] : facts) document["begun_with"][name] = value;
  for (const auto& [key, number] : detail::whole_numbers(place)) document[key] = *number;
  document["epoch_loss"] = place.epoch_loss, document["best"] = place.best;
  folder.write(detail::state_name, document.dump(2) + "\n");
  safetensors_writer moments;
  moments.add("first_moment", {first.size()}, first);
  moments.add("second_moment", {second.size()}, second);
  if (!best.empty()) moments.add("best", {best.size()}, best);
  moments.save(folder.path() / detail::moments_name);
}

/// Reads it again, and refuses where the training was begun with something else than `facts`, which it names; and where
/// moments have another number of values than `floats`.
inline training_state read_training_state(const std::filesystem::path& folder, training_facts facts, index_t floats) {
  const auto path = folder / detail::state_name;
  const auto file = path.string();
  const auto text = mapped_file::open(path);
  auto document = parse_json(text->text(), file);
  const detail::json_scope scope(document);
  const auto& begun = json_at(document, "begun_with", file);
  for (const auto& [name, value] : facts) {
    const auto stored = json_text(begun, name, file);
    if (stored != value)
      fail({.file = file,
            .subject = name,
            .found = detail::shown(value),
            .wanted = detail::shown(stored) + ", which the training was begun with",
            .remedy = "resume it with that, or begin another"});
  }
  training_state out{std::move(facts), {}, {}, {}, {}};
  for (const auto& [key, number] : detail::whole_numbers(out.place))
    *number = json_integer(document, key, file, 0, index_t{1} << 60);
  out.place.epoch_loss = json_number(document, "epoch_loss", file);
  out.place.best = json_number(document, "best", file);
  const auto stored = checkpoint::open(folder / detail::moments_name);
  const auto read = [&](const char* name, std::vector<float>& to) {
    to.resize(static_cast<std::size_t>(floats));
    detail::copy_stored(stored, name, floats, to.data());
  };
  read("first_moment", out.first), read("second_moment", out.second);
  if (stored.find("best")) read("best", out.best);
  return out;
}

/// The checkpoints of one training: folders step-1, step-2 ... of a directory. Each appears whole or not at all.
class training_checkpoints {
 public:
  explicit training_checkpoints(std::filesystem::path at) : at_(std::move(at)) {}

  const std::filesystem::path& directory() const { return at_; }
  std::filesystem::path place_of(index_t step) const { return at_ / (prefix + std::to_string(step)); }

  /// The newest; empty where there is none.
  std::filesystem::path newest() const {
    const auto all = steps();
    return all.empty() ? std::filesystem::path() : place_of(all.back());
  }
  /// Removes what a run that was killed left half written, and all but the newest `count`.
  void prune(index_t count) const {
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(at_, ignored), end; entry != end; entry.increment(ignored))
      if (entry->path().extension() == ".partial") std::filesystem::remove_all(entry->path(), ignored);
    const auto all = steps();
    for (std::size_t i = 0; i + static_cast<std::size_t>(count) < all.size(); ++i) {
      auto going = place_of(all[i]);
      going += ".partial";  // so that one that is half removed is not taken for whole
      std::filesystem::rename(place_of(all[i]), going, ignored);
      std::filesystem::remove_all(going, ignored);
    }
  }
  /// Removes all of them.
  void remove() const {
    prune(0);
    std::error_code ignored;
    std::filesystem::remove(at_, ignored);
  }

 private:
  static constexpr const char* prefix = "step-";
  std::vector<index_t> steps() const {
    std::vector<index_t> all;
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(at_, ignored), end; entry != end; entry.increment(ignored)) {
      const auto name = entry->path().filename().string();
      const std::string_view digits = std::string_view(name).substr(std::min(name.size(), std::string(prefix).size()));
      if (!name.starts_with(prefix) || digits.empty() || digits.size() > 15 ||
          digits.find_first_not_of("0123456789") != digits.npos)
        continue;
      all.push_back(std::stoll(std::string(digits)));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::filesystem::path at_;
};

}  // namespace weft

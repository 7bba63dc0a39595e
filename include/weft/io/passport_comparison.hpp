#pragma once
// Whether two passports are those of the same vectors, and where they first differ.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <weft/base/finite.hpp>
#include <weft/io/passport.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

// Everything that is said while two passports are compared.
class passport_differences {
 public:
  passport_differences(const passport& here, const passport& there) : there_(there) {
    for (const auto& mine : here.facts) compare_fact(mine, find(there, mine));
    for (const auto& theirs : there.facts)
      if (!find(here, theirs)) note(theirs, "only there");
    end_group();
    facts_same_ = said.empty();
    for (const auto& mine : here.texts) compare_text(mine);
    if (here.texts.size() != there.texts.size()) missing("another list of texts");
  }

  bool facts_same() const { return facts_same_; }
  bool ids_same() const { return ids_same_; }
  bool vectors_same() const { return vectors_same_; }
  double error() const { return measured_ ? error_ : -1; }
  std::vector<std::string> said;

 private:
  static constexpr int most = 3;  // of a group, so that other weights are one matter and not two hundred

  static const passport_fact* find(const passport& in, const passport_fact& like) {
    const auto at = std::find_if(in.facts.begin(), in.facts.end(),
                                 [&](const auto& f) { return f.group == like.group && f.name == like.name; });
    return at == in.facts.end() ? nullptr : &*at;
  }
  // Of a digest enough to see that it is another.
  static std::string shortened(std::string_view value) { return printable(value, value.size() == 64 ? 16 : 60); }
  void compare_fact(const passport_fact& mine, const passport_fact* theirs) {
    if (!theirs) return note(mine, "only here");
    if (theirs->value != mine.value)
      note(mine, shortened(mine.value) + " here, " + shortened(theirs->value) + " there");
  }
  void note(const passport_fact& f, const std::string& what) {
    if (f.group != group_) end_group();
    group_ = f.group;
    const auto name = f.name == f.group ? std::string() : " " + shown(f.name);
    if (++noted_ <= most) said.push_back(printable(f.group) + name + ": " + what);
  }
  void end_group() {
    if (noted_ > most) said.push_back(printable(group_) + ": and " + std::to_string(noted_ - most) + " more");
    noted_ = 0;
  }

  void missing(const std::string& what) {
    said.push_back("texts: " + what), ids_same_ = vectors_same_ = measured_ = false;
  }
  void compare_text(const passport_text& mine) {
    const auto at =
        std::find_if(there_.texts.begin(), there_.texts.end(), [&](const auto& t) { return t.name == mine.name; });
    if (at == there_.texts.end()) return missing(shown(mine.name) + " only here");
    const auto& theirs = *at;
    if (mine.ids_digest != theirs.ids_digest) {
      ids_same_ = vectors_same_ = measured_ = false;
      said.push_back("text " + shown(mine.name) + ": other ids, " + where_ids_differ(mine, theirs));
    } else if (mine.vector_digest != theirs.vector_digest) {
      vectors_same_ = false;
      said.push_back("text " + shown(mine.name) + ": another vector" + measure(mine, theirs));
    }
  }
  static std::string where_ids_differ(const passport_text& mine, const passport_text& theirs) {
    const auto counts = std::to_string(mine.tokens) + " tokens here, " + std::to_string(theirs.tokens) + " there";
    if (mine.ids.empty() || theirs.ids.empty()) return counts;
    const auto [a, b] = std::mismatch(mine.ids.begin(), mine.ids.end(), theirs.ids.begin(), theirs.ids.end());
    if (a == mine.ids.end() || b == theirs.ids.end()) return counts;
    return "first token " + std::to_string(a - mine.ids.begin()) + ": " + std::to_string(*a) + " here, " +
           std::to_string(*b) + " there";
  }
  std::string measure(const passport_text& mine, const passport_text& theirs) {
    if (mine.vector.empty() || mine.vector.size() != theirs.vector.size()) {
      measured_ = false;
      return mine.vector.size() == theirs.vector.size() || theirs.vector.empty() || mine.vector.empty()
                 ? ""
                 : " of " + std::to_string(mine.vector.size()) + " values here, " +
                       std::to_string(theirs.vector.size()) + " there";
    }
    double most_apart = 0, largest = 0;
    std::size_t first = mine.vector.size();
    for (std::size_t i = 0; i < mine.vector.size(); ++i) {
      const double a = double{mine.vector[i]}, b = double{theirs.vector[i]};
      largest = std::max(largest, std::abs(a));
      if (same_number(mine.vector[i], theirs.vector[i])) continue;
      first = std::min(first, i);
      most_apart = is_finite(mine.vector[i]) && is_finite(theirs.vector[i]) ? std::max(most_apart, std::abs(a - b))
                                                                            : std::numeric_limits<double>::infinity();
    }
    const double relative = most_apart / std::max(largest, 1e-30);
    error_ = std::max(error_, relative);
    if (first == mine.vector.size()) return ", of zeros with other signs";
    char numbers[160];
    std::snprintf(numbers, sizeof numbers, ", first value %zu: %.9g here, %.9g there; apart by %.1e of the largest",
                  first, double{mine.vector[first]}, double{theirs.vector[first]}, relative);
    return numbers;
  }

  const passport& there_;
  std::string group_;
  int noted_ = 0;
  bool facts_same_ = true, ids_same_ = true, vectors_same_ = true, measured_ = true;
  double error_ = 0;
};

}  // namespace detail

inline passport_comparison compare(const passport& here, const passport& there, std::string_view file) {
  detail::passport_differences d(here, there);
  passport_comparison c{passport_verdict::differs, d.vectors_same() ? 0 : d.error(), std::move(d.said)};
  const auto name = detail::printable_whole(file);
  const auto say = [&](const std::string& verdict) { c.sentences.insert(c.sentences.begin(), verdict); };
  const bool expected = !here.why_not.empty() || !there.why_not.empty();
  const auto side = [&] {
    if (!here.why_not.empty() && !there.why_not.empty()) return "both sides: " + detail::printable_whole(here.why_not);
    return here.why_not.empty() ? name + ": " + detail::printable_whole(there.why_not)
                                : "here: " + detail::printable_whole(here.why_not);
  };
  if (!d.facts_same() || !d.ids_same()) {
    say("differs from " + name);
    if (d.vectors_same()) c.sentences.push_back("the vectors of all texts have the same bits all the same");
  } else if (d.vectors_same()) {
    c.verdict = passport_verdict::same;
    say("the same as " + name);
  } else if (!expected) {
    say("differs from " + name + ", although both builds keep the promise of the same bits");
  } else if (c.error < 0) {
    say("differs from " + name + " (" + side() + "); how much, only a file made with --vectors can say");
  } else if (c.error <= passport_tolerance) {
    c.verdict = passport_verdict::to_rounding;
    char number[32];
    std::snprintf(number, sizeof number, "%.1e", c.error);
    say("agrees with " + name + " to " + number + " of a vector's largest value (" + side() + ")");
  } else {
    say("differs from " + name + " by more than rounding (" + side() + ")");
  }
  return c;
}

}  // namespace weft

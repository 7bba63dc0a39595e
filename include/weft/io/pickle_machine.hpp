#pragma once
// What the instructions of a pickle work on: its bytes, a stack with marks, a memo.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/io/pickle_content.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::detail {

/// Containers refer to values and are themselves referred to, never copied, so that memory stays a multiple of the
/// bytes read.
class pickle_machine {
 public:
  /// `bytes` begin with a pickle; `file` is named in errors.
  pickle_machine(std::string_view bytes, std::string_view file) : bytes_(bytes), file_(file) {
    made_.containers.emplace_back();  // every empty tuple
  }

 protected:
  using value = pickle_value;

  [[noreturn]] void refuse(const std::string& found, std::string_view wanted, std::string_view remedy = "") const {
    fail({.file = file_,
          .subject = "pickle, byte " + std::to_string(started_),
          .found = found,
          .wanted = wanted,
          .remedy = remedy});
  }

  // The next bytes of the pickle.
  std::string_view take(std::uint64_t n) {
    if (n > bytes_.size() - at_) refuse("the end of the pickle", "more bytes", "the file was not copied completely");
    const auto part = bytes_.substr(at_, n);
    at_ += n;
    return part;
  }
  template <class T>
  T number() {
    return load_little<T>(reinterpret_cast<const std::byte*>(take(sizeof(T)).data()));
  }
  std::string_view line() {
    const auto end = bytes_.find('\n', at_);
    if (end == bytes_.npos) refuse("a name without end", "a line");
    const auto text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

  // The stack; what is below the last mark is out of reach.
  void push(value v) { stack_.push_back(v); }
  void push(value::kinds kind, std::int64_t n = 0) { stack_.push_back({kind, n, {}}); }
  value& top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("an empty stack", "a value on it");
    return stack_.back();
  }
  value pop() {
    const auto v = top();
    stack_.pop_back();
    return v;
  }
  std::vector<value> pop_to_mark() {
    if (marks_.empty()) refuse("no mark on the stack", "one");
    const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<value> all(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return all;
  }
  void push_container(value::kinds kind, std::vector<value> inside = {}) {
    made_.containers.push_back(std::move(inside));
    push(kind, static_cast<std::int64_t>(made_.containers.size()) - 1);
  }
  void push_tuple(std::size_t n) {
    std::vector<value> inside(n);
    while (n-- > 0) inside[n] = pop();
    push_container(value::tuple, std::move(inside));
  }
  void append(value::kinds kind, const std::vector<value>& values) {
    if (top().kind != kind || (kind == value::dictionary && values.size() % 2 != 0))
      refuse("an object that takes no items", kind == value::dictionary ? "a dictionary" : "a list");
    auto& inside = made_.containers[static_cast<std::size_t>(top().number)];
    inside.insert(inside.end(), values.begin(), values.end());
  }
  void remember(std::uint32_t place) { memo_[place] = top(); }
  void recall(std::uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse("entry " + std::to_string(place) + " of the memo, which is empty", "a filled one");
    push(found->second);
  }

  std::string_view bytes_, file_;
  std::size_t at_ = 0, started_ = 0;  // the next byte; the first of the instruction that is being obeyed
  std::vector<value> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint32_t, value> memo_;
  pickle_content made_;
};

}  // namespace weft::detail

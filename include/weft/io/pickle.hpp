#pragma once
// The pickle of a state dict, read without running anything: the instructions that Python's pickler writes for
// dictionaries of tensors (https://github.com/python/cpython, Lib/pickletools.py).
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/base/error.hpp>
#include <weft/io/pickle_content.hpp>
#include <weft/io/pickle_machine.hpp>
#include <weft/io/shown.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {

/// Reads one pickle. Memory and time are bounded by a multiple of its bytes: a value is never copied but by reference.
class pickle_reader : pickle_machine {
 public:
  using pickle_machine::pickle_machine;

  pickle_content read() {
    while (!step()) {
    }
    return std::move(made_);
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{4} << 20, most_dimensions = 64, most_tensors = 100'000;

  [[noreturn]] void refuse_call(std::string_view module, std::string_view name) const {
    refuse(
        "a pickle that calls " + printable(module) + "." + printable(name),
        "only what rebuilds tensors: OrderedDict, _rebuild_tensor_v2, _rebuild_parameter and torch's storages",
        "nothing of it was run; a state dict without other objects is saved by torch.save(model.state_dict(), file)");
  }

  void push_function(std::string_view module, std::string_view name) {
    for (std::size_t i = 0; i < pickle_functions.size(); ++i)
      if (pickle_functions[i].module == module && pickle_functions[i].name == name)
        return push(value::function, static_cast<std::int64_t>(i));
    refuse_call(module, name);
  }
  const pickle_function& function(const value& v) const { return pickle_functions[static_cast<std::size_t>(v.number)]; }

  // ('storage', type, key, location, count), and in legacy files a view, which must be None.
  void push_storage() {
    constexpr const char* wanted = "('storage', type, key, location, count)";
    const auto id = pop();
    const std::vector<value> none;
    const auto& parts = id.kind == value::tuple ? made_.inside(id) : none;
    if ((parts.size() != 5 && parts.size() != 6) || parts[0].kind != value::text || parts[0].bytes != "storage" ||
        parts[1].kind != value::function || function(parts[1]).meaning != pickle_function::storage_type ||
        parts[2].kind != value::text || parts[4].kind != value::integer || parts[4].number < 0)
      refuse("an outside object that is no storage", wanted);
    if (parts.size() == 6 && parts[5].kind != value::none)
      refuse("a storage that is a part of another", wanted, "save the model again with a newer torch");
    const pickle_storage made{function(parts[1]).type, parts[2].bytes, static_cast<index_t>(parts[4].number)};
    const auto [known, is_new] = storages_.emplace(made.key, made_.storages.size());
    if (is_new)
      made_.storages.push_back(made);
    else if (const auto& other = made_.storages[known->second]; other.type != made.type || other.count != made.count)
      refuse("storage " + shown(made.key) + " with two types or sizes", "one");
    push(value::storage, static_cast<std::int64_t>(known->second));
  }

  std::vector<index_t> sizes(const value& v, const char* what) const {
    std::vector<index_t> numbers;
    if (v.kind != value::tuple || made_.inside(v).size() > most_dimensions)
      refuse(std::string("a tensor whose ") + what + " is no tuple of at most 64 numbers", "one");
    for (const auto& n : made_.inside(v)) {
      if (n.kind != value::integer || n.number < 0)
        refuse(std::string("a tensor whose ") + what + " has an entry that is no number from 0 to 2^63 - 1", "one");
      numbers.push_back(static_cast<index_t>(n.number));
    }
    return numbers;
  }

  void call() {
    const auto arguments = pop(), callee = pop();
    if (callee.kind != value::function) refuse("a call of something that is no function", "a function");
    const auto& f = function(callee);
    const std::vector<value> nothing;
    const auto& given = arguments.kind == value::tuple ? made_.inside(arguments) : nothing;
    const auto unsuitable = [&] {
      refuse("a call of " + std::string(f.module) + "." + std::string(f.name) + " with other arguments",
             "those that torch.save writes");
    };
    switch (f.meaning) {
      case pickle_function::ordered_dictionary:
        if (arguments.kind != value::tuple || !given.empty()) unsuitable();
        return push_container(value::dictionary);
      case pickle_function::rebuild_parameter:  // data, requires_grad, hooks
        if (given.size() != 3 || given[0].kind != value::tensor) unsuitable();
        return push(given[0]);
      case pickle_function::rebuild_tensor: {  // storage, offset, size, stride, requires_grad, hooks[, metadata]
        if ((given.size() != 6 && given.size() != 7) || given[0].kind != value::storage ||
            given[1].kind != value::integer || given[1].number < 0)
          unsuitable();
        // A few bytes can make one of 64 sizes and strides that are written elsewhere.
        if (made_.tensors.size() == most_tensors)
          refuse("more than " + std::to_string(most_tensors) + " tensors", "a state dict");
        pickle_tensor t{static_cast<index_t>(given[0].number), static_cast<index_t>(given[1].number),
                        sizes(given[2], "size"), sizes(given[3], "stride")};
        if (t.shape.size() != t.strides.size()) refuse("a tensor with more sizes than strides, or fewer", "as many");
        made_.tensors.push_back(std::move(t));
        return push(value::tensor, static_cast<std::int64_t>(made_.tensors.size()) - 1);
      }
      case pickle_function::storage_type:
        refuse_call(f.module, f.name);
    }
  }

  // The attributes of an OrderedDict, as _metadata, hold nothing that is needed.
  void ignore_attributes() {
    const auto attributes = pop();
    if (top().kind != value::dictionary || attributes.kind != value::dictionary)
      refuse("attributes of something that is no OrderedDict", "none");
  }

  void push_long(std::string_view little_endian) {
    if (little_endian.size() > 8) return push(value{value::wide_integer, 0, little_endian});
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const bool negative = !little_endian.empty() && (static_cast<unsigned char>(little_endian.back()) & 0x80);
      const unsigned byte = i < little_endian.size() ? static_cast<unsigned char>(little_endian[i])
                            : negative               ? 255
                                                     : 0;
      n |= std::uint64_t{byte} << (8 * i);
    }
    push(value::integer, static_cast<std::int64_t>(n));
  }

  // One instruction; true where it was the last.
  bool step() {
    started_ = at_;
    if (at_ > most_bytes) refuse("more than 4 MiB", "a state dict, whose pickle has some hundred bytes a tensor");
    const auto code = static_cast<unsigned char>(take(1)[0]);
    switch (code) {
      case 0x80:  // PROTO
        if (const auto n = number<std::uint8_t>(); n < 2 || n > 5)
          refuse("protocol " + std::to_string(n), "2 to 5; torch.save writes 2");
        break;
      case 0x95:  // FRAME
        if (number<std::uint64_t>() > bytes_.size() - at_) refuse("a frame beyond the end", "one inside the pickle");
        break;
      case '.': {
        made_.root = pop();
        if (!stack_.empty() || !marks_.empty()) refuse("values left on the stack", "none at the end");
        made_.size = static_cast<index_t>(at_);
        return true;
      }
      case '(':
        marks_.push_back(stack_.size());
        break;
      case ')':
        push(value::tuple, 0);
        break;
      case 't':
        push_container(value::tuple, pop_to_mark());
        break;
      case 0x85:
        push_tuple(1);
        break;
      case 0x86:
        push_tuple(2);
        break;
      case 0x87:
        push_tuple(3);
        break;
      case ']':
        push_container(value::sequence);
        break;
      case 'a': {
        const auto item = pop();
        append(value::sequence, {item});
        break;
      }
      case 'e':
        append(value::sequence, pop_to_mark());
        break;
      case '}':
        push_container(value::dictionary);
        break;
      case 's': {
        const auto item = pop(), key = pop();
        append(value::dictionary, {key, item});
        break;
      }
      case 'u':
        append(value::dictionary, pop_to_mark());
        break;
      case 'N':
        push(value::none);
        break;
      case 0x88:
        push(value::boolean, 1);
        break;
      case 0x89:
        push(value::boolean, 0);
        break;
      case 'J':
        push(value::integer, static_cast<std::int32_t>(number<std::uint32_t>()));
        break;
      case 'K':
        push(value::integer, number<std::uint8_t>());
        break;
      case 'M':
        push(value::integer, number<std::uint16_t>());
        break;
      case 0x8a:
        push_long(take(number<std::uint8_t>()));
        break;
      case 'G':
        take(8), push(value::real);
        break;
      case 'X':
      case 'T':
        push(value{value::text, 0, take(number<std::uint32_t>())});
        break;
      case 'U':
      case 0x8c:
        push(value{value::text, 0, take(number<std::uint8_t>())});
        break;
      case 'q':
        remember(number<std::uint8_t>());
        break;
      case 'r':
        remember(number<std::uint32_t>());
        break;
      case 0x94:
        remember(static_cast<std::uint32_t>(memo_.size()));
        break;
      case 'h':
        recall(number<std::uint8_t>());
        break;
      case 'j':
        recall(number<std::uint32_t>());
        break;
      case 'Q':
        push_storage();
        break;
      case 'R':
        call();
        break;
      case 'b':
        ignore_attributes();
        break;
      case 'c': {
        const auto module = line();
        push_function(module, line());
        break;
      }
      case 0x93: {
        const auto name = pop(), module = pop();
        if (name.kind != value::text || module.kind != value::text) refuse("a function without a name", "one");
        push_function(module.bytes, name.bytes);
        break;
      }
      case 'i': {  // a call by name, of protocol 0
        const auto module = line();
        refuse_call(module, line());
      }
      default: {
        constexpr const char* digits = "0123456789abcdef";
        const char hex[] = {'0', 'x', digits[code >> 4], digits[code & 15], 0};
        refuse("instruction " + std::string(hex) +
                   (code > 0x20 && code < 0x7f ? " (" + std::string(1, static_cast<char>(code)) + ")" : ""),
               "one that a state dict of tensors needs", "save it again by torch.save(model.state_dict(), file)");
      }
    }
    return false;
  }

  std::map<std::string_view, std::size_t> storages_;  // by key
};

}  // namespace detail

/// Reads the pickle that `bytes` begin with; more may follow. It is data: what names a function other than those that
/// rebuild tensors is refused by that name, and nothing is ever called. Texts are views of `bytes`. Throws weft::error
/// for that, for instructions that no state dict needs, and for more than 4 MiB.
inline pickle_content read_pickle(std::string_view bytes, std::string_view file) {
  return detail::pickle_reader(bytes, file).read();
}

}  // namespace weft

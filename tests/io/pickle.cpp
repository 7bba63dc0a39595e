#include <weft/io/pickle.hpp>

#include <weft/io/torch_tensors.hpp>

#include "catch.hpp"
#include "refusal.hpp"

namespace pickle_test {

using namespace weft;
using namespace std::string_literals;

std::string refusal(const std::string& bytes) {
  return refusal_of([&] {
    const auto content = read_pickle(bytes, "f");
    detail::state_dict_names names(content, "f");
  });
}
// A short text, a number up to 255.
std::string text(const std::string& s) { return "\x8c"s + static_cast<char>(s.size()) + s; }
std::string number(int n) { return "K"s + static_cast<char>(n); }
std::string big(std::uint64_t n) {
  std::string s = "\x8a\x08";
  for (int i = 0; i < 8; ++i) s += static_cast<char>(n >> (8 * i) & 255);
  return s;
}
const std::string start = "\x80\x02", rebuild = "ctorch._utils\n_rebuild_tensor_v2\n",
                  dictionary = "ccollections\nOrderedDict\n)R";
std::string storage(const std::string& type, const std::string& count) {
  return "(" + text("storage") + "ctorch\n" + type + "\n" + text("0") + text("cpu") + count + "tQ";
}
std::string tensor(const std::string& offset, const std::string& shape, const std::string& strides,
                   const std::string& of = storage("FloatStorage", number(6))) {
  return rebuild + "(" + of + offset + shape + strides + "\x89" + dictionary + "tR";
}
std::string state(const std::string& one_tensor) { return start + "}" + text("w") + one_tensor + "s."; }

TEST_CASE("a state dict is read") {
  const auto bytes = state(tensor(number(0), "("s + number(2) + number(3) + "t", "("s + number(3) + number(1) + "t"));
  const auto more = bytes + "what follows";
  const auto content = read_pickle(more, "f");
  CHECK(content.size == static_cast<weft::index_t>(bytes.size()));
  REQUIRE(content.tensors.size() == 1);
  CHECK(content.tensors[0].shape == std::vector<weft::index_t>{2, 3});
  CHECK(content.tensors[0].strides == std::vector<weft::index_t>{3, 1});
  REQUIRE(content.storages.size() == 1);
  CHECK(content.storages[0].type == dtype::f32);
  CHECK(content.storages[0].count == 6);
  const auto names = detail::state_dict_names(content, "f").names;
  REQUIRE(names.size() == 1);
  CHECK(names[0].first == "w");
  CHECK(names[0].second == 0);
}

TEST_CASE("whatever calls something else is refused by its name") {
  CHECK_THAT(refusal("cos\nsystem\n(S'true'\ntR."),
             mentions("a pickle that calls os.system, wanted only what rebuilds"));
  CHECK_THAT(refusal(start + "cposix\nsystem\n" + text("true") + "\x85R."), mentions("calls posix.system"));
  CHECK_THAT(refusal("\x80\x04\x95" + "\x10\0\0\0\0\0\0\0"s + text("builtins") + "\x94" + text("eval") + "\x94\x93."),
             mentions("calls builtins.eval"));
  CHECK_THAT(refusal("(ios\nsystem\n."), mentions("calls os.system"));
  CHECK_THAT(refusal(start + "ctorch._utils\n_rebuild_sparse_tensor\n."),
             mentions("torch._utils._rebuild_sparse_tensor"));
  CHECK_THAT(refusal(start + "ctorch.nn.modules.linear\nLinear\n)\x81."),
             mentions("calls torch.nn.modules.linear.Linear"));
  CHECK_THAT(refusal(start + "ctorch\nFloatStorage\n" + number(9) + "\x85R."), mentions("calls torch.FloatStorage"));
  CHECK_THAT(refusal(start + "ccollections\nOrderedDict\n" + number(9) + "\x85R."), mentions("with other arguments"));
  CHECK_THAT(refusal(start + rebuild + ")R."), mentions("_rebuild_tensor_v2 with other arguments"));
  CHECK_THAT(refusal(start + "}" + text("a") + "\x85R."), mentions("a call of something that is no function"));
  CHECK_THAT(refusal(start + "ca\x1b[2J\nb\n."), mentions("calls a\\x1b[2J.b"));  // a terminal obeys nothing
  CHECK(refusal(start + "c" + std::string(5000, 'x') + "\ny\n.").size() < 1000);
}

TEST_CASE("instructions that no state dict needs are refused") {
  for (const char code : "012FILPSVdglop\x81\x82\x8b\x8f\x92\x98\xff\0"s) {
    INFO(int{code});
    CHECK_THAT(refusal(start + "}" + code + std::string(20, '\n')), mentions("byte 3: found instruction 0x"));
  }
  CHECK_THAT(refusal("\x80\x01."), mentions("protocol 1"));
  CHECK_THAT(refusal("\x80\x06."), mentions("protocol 6"));
}

TEST_CASE("a pickle that is cut short is refused at any length") {
  const auto bytes = state(tensor(number(0), "("s + number(2) + number(3) + "t", "("s + number(3) + number(1) + "t"));
  CHECK(refusal(bytes).empty());
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK(!refusal(bytes.substr(0, n)).empty());
  CHECK_THAT(refusal(start + "X\xff\xff\xff\xff" + "a."), mentions("the end of the pickle"));
  CHECK_THAT(refusal("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff"), mentions("a frame beyond the end"));
}

TEST_CASE("a stack that does not hold what is wanted is refused") {
  for (const std::string bad :
       {".",           "R",       "s",         "u",      "t",     "e",      "a",      "b",       "Q",
        "q\1",         "h\1",     "j\1\1\1\1", "\x93",   "\x86",  "}(.",    "}}.",    "}(\x85.", "}(R.",
        "K\1K\2K\3s.", "](K\1u.", "}(K\1u.",   "}K\1a.", "K\1Q.", "}K\1b.", "K\1}b.", "\x94"}) {
    INFO(bad);
    CHECK(!refusal(start + bad).empty());
  }
  CHECK_THAT(refusal(start + "h\7."), mentions("entry 7 of the memo, which is empty"));
  CHECK_THAT(refusal(start + "K\1."), mentions("a pickle of no dictionary"));
  CHECK_THAT(refusal(start + tensor(number(0), ")", ")") + "."), mentions("a pickle of one tensor"));
}

TEST_CASE("storages are what torch says, or refused") {
  const auto one = "("s + number(1) + "t";
  CHECK(refusal(state(tensor(number(0), one, one, storage("LongStorage", number(1))))).empty());
  CHECK_THAT(refusal(state(tensor(number(0), one, one, storage("QInt8Storage", number(1))))),
             mentions("torch.QInt8Storage"));
  CHECK_THAT(refusal(state(tensor(number(0), one, one, storage("FloatStorage", big(~std::uint64_t{0}))))),
             mentions("no storage"));
  CHECK_THAT(refusal(start + "}(" + text("a") + tensor(number(0), one, one) + text("b") +
                     tensor(number(0), one, one, storage("HalfStorage", number(6))) + "u."),
             mentions("storage \"0\" with two types or sizes"));
  CHECK_THAT(refusal(state("(" + text("module") + text("x") + "tQ")), mentions("no storage"));
  const auto view = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(6) + "}tQ";
  CHECK_THAT(refusal(state(tensor(number(0), one, one, view))), mentions("a storage that is a part of another"));
}

TEST_CASE("shapes are bounded") {
  const auto one = "("s + number(1) + "t", minus = "("s + big(~std::uint64_t{0}) + "t";
  CHECK_THAT(refusal(state(tensor(number(0), minus, one))), mentions("whose size has an entry"));
  CHECK_THAT(refusal(state(tensor(number(0), one, minus))), mentions("whose stride has an entry"));
  CHECK_THAT(refusal(state(tensor(big(~std::uint64_t{0}), one, one))), mentions("with other arguments"));
  CHECK_THAT(refusal(state(tensor(number(0), one, ")"))), mentions("more sizes than strides"));
  CHECK_THAT(refusal(state(tensor(number(0), number(1), one))), mentions("whose size is no tuple"));
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += number(1);
  CHECK_THAT(refusal(state(tensor(number(0), many + "t", many + "t"))), mentions("at most 64 numbers"));
}

TEST_CASE("dictionaries in each other are joined, up to a depth, and without cycles") {
  const auto w = tensor(number(0), ")", ")");
  const auto nested = start + "}" + text("a") + "}" + number(3) + "}" + text("w") + w + "sss.";
  CHECK(detail::state_dict_names(read_pickle(nested, "f"), "f").names[0].first == "a.3.w");
  const auto deep = [&](int n) {
    std::string s = start;
    for (int i = 0; i < n; ++i) s += "}" + text("a");
    s += w;
    return s + std::string(static_cast<std::size_t>(n), 's') + ".";
  };
  CHECK(refusal(deep(17)).empty());
  CHECK_THAT(refusal(deep(18)), mentions("more than 16 deep"));
  CHECK_THAT(refusal(deep(100'000)), mentions("more than 16 deep"));
  CHECK_THAT(refusal(start + "}q\1" + text("a") + "h\1s."),
             mentions("\"a\": found a dictionary that is in two places"));
  CHECK_THAT(refusal(start + "}" + tensor(number(0), ")", ")") + w + "s."), mentions("a key that is neither"));
  CHECK_THAT(refusal(start + "}" + text("\xff") + w + "s."), mentions("no UTF-8"));
  CHECK(refusal(start + "}" + text("a") + "]q\1h\1as.").empty());  // a list inside itself holds no names
}

TEST_CASE("what would grow when it is unfolded is refused, in little memory") {
  // d0 = {}, d1 = {a: d0, b: d0}, d2 = {a: d1, b: d1} ...
  std::string bomb = start + "(}q\0"s;
  for (int i = 1; i < 100; ++i) {
    const auto before = "h"s + static_cast<char>(i - 1);
    bomb += "}q"s + static_cast<char>(i) + "(" + text("a") + before + text("b") + before + "u";
  }
  bomb += "tq\xff}" + text("x") + "h"s + static_cast<char>(99) + "sq\xfe";
  const auto content = read_pickle(start + "}" + text("unused") + bomb.substr(2) + "\x86s.", "f");
  CHECK(content.containers.size() < 200);
  std::string last = start + "}" + text("a") + "}" + text("b");  // the same as the value of a state dict
  for (int i = 0; i < 15; ++i) last += "}q\1(" + text("a") + "h\1" + text("b") + "h\1u";
  CHECK(!refusal(last + "s.").empty());
  std::string many = start + "}(" + text("w") + tensor(number(0), ")", ")") + "q\1";
  for (int i = 0; i < 100'001; ++i) many += text(std::to_string(i)) + "h\1";
  CHECK_THAT(refusal(many + "u."), mentions("more than 100,000 tensors"));
  std::string twice = start + "}" + text("x") + "}q\1" + "s(" + text("a") + "h\1" + text("b") + "h\1u.";
  CHECK_THAT(refusal(twice), mentions("in two places"));
  CHECK_THAT(refusal(start + std::string(std::size_t{5} << 20, ')')), mentions("more than 4 MiB"));
  CHECK(!refusal(start + std::string(std::size_t{4} << 20, '(') + ".").empty());
}

// What a placer makes of a tensor on a storage of six floats, 0 to 5.
std::vector<float> placed(const std::string& offset, const std::string& shape, const std::string& strides,
                          const std::string& count = number(6)) {
  const std::vector<float> values{0, 1, 2, 3, 4, 5};
  const auto bytes = state(tensor(offset, shape, strides, storage("FloatStorage", count)));
  const auto content = read_pickle(bytes, "f");
  detail::tensor_placer placer(content, {{reinterpret_cast<const std::byte*>(values.data()), 24}}, 100, "f");
  arena copies;
  const auto t = placer.place("w", 0, copies);
  std::vector<float> got(static_cast<std::size_t>(t.count()));
  convert_to_float(t.type, t.bytes.data(), t.count(), got.data());
  return got;
}

TEST_CASE("strided tensors are gathered, what is not there is refused") {
  const auto tuple = [](std::vector<std::string> n) {
    std::string s = "(";
    for (const auto& v : n) s += v;
    return s + "t";
  };
  const auto n = number;
  CHECK(placed(n(2), tuple({n(2), n(2)}), tuple({n(2), n(1)})) == std::vector<float>{2, 3, 4, 5});
  CHECK(placed(n(0), tuple({n(3), n(2)}), tuple({n(1), n(3)})) == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(placed(n(1), tuple({n(3)}), tuple({n(2)})) == std::vector<float>{1, 3, 5});
  CHECK(placed(n(5), tuple({n(1), n(1)}), tuple({big(1ull << 62), n(0)})) == std::vector<float>{5});
  CHECK(placed(n(5), ")", ")") == std::vector<float>{5});
  CHECK(placed(n(9), tuple({n(0), n(7)}), tuple({n(1), n(1)})).empty());
  const auto refused = [&](const std::string& offset, const std::string& shape, const std::string& strides) {
    return refusal_of([&] { (void)placed(offset, shape, strides); });
  };
  CHECK_THAT(refused(n(3), tuple({n(2), n(2)}), tuple({n(2), n(1)})), mentions("found element 6 of a storage of 6"));
  CHECK_THAT(refused(n(6), ")", ")"), mentions("found element 6 of a storage of 6"));
  CHECK_THAT(refused(n(0), tuple({n(7)}), tuple({n(0)})), mentions("more than its storage has"));
  CHECK_THAT(refused(n(0), tuple({big(1ull << 40), big(1ull << 40)}), tuple({n(0), n(0)})),
             mentions("more elements than"));
  CHECK_THAT(refused(n(0), tuple({n(3), n(3)}), tuple({big(1ull << 62), n(1)})), mentions("strides beyond"));
  CHECK_THAT(refused(big((1ull << 63) - 1), tuple({n(2)}), tuple({n(1)})), mentions("strides beyond"));
}

}  // namespace pickle_test

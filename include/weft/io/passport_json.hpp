#pragma once
// A passport as JSON, and as a table for people.
#include <bit>
#include <utility>
#include <weft/base/base64.hpp>
#include <weft/base/finite.hpp>
#include <weft/io/json.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/passport.hpp>
#include <weft/io/sha256.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

namespace detail {
inline std::uint32_t bits_for_digest(float x) { return is_nan(x) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(x); }

// Floats as base64 of their bytes, the lowest first, so that no bit is lost.
inline std::string encode_floats(list<const float> values) {
  std::string bytes;
  for (const float x : values)
    for (int shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(std::bit_cast<std::uint32_t>(x) >> shift & 0xff);
  return encode_base64(bytes);
}
inline std::vector<float> decode_floats(const nlohmann::json& object, std::string_view file) {
  const auto text = json_text(object, "values", file, "");
  const auto bytes = decode_base64(text);
  if (!bytes || bytes->size() % 4 != 0)
    fail({.file = file, .subject = "values", .found = shown(text), .wanted = "32-bit floats in base64"});
  std::vector<float> values;
  for (std::size_t i = 0; i < bytes->size(); i += 4) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 4; ++j) bits |= std::uint32_t{static_cast<unsigned char>((*bytes)[i + j])} << 8 * j;
    values.push_back(std::bit_cast<float>(bits));
  }
  return values;
}
inline std::vector<std::int32_t> read_ids(const nlohmann::json& object, const char* key, std::string_view file) {
  std::vector<std::int32_t> ids;
  const auto* values = json_find(object, key, file);
  if (!values) return ids;
  if (!values->is_array())
    fail({.file = file, .subject = key, .found = json_shown(*values), .wanted = "an array of ids"});
  for (const auto& value : *values) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 0x7fffffffu)
      fail({.file = file, .subject = key, .found = json_shown(value), .wanted = "whole numbers of 31 bits"});
    ids.push_back(value.get<std::int32_t>());
  }
  return ids;
}

// Several digests as one: of a group of facts.
inline std::string joined_digest(list<const passport_fact> facts) {
  sha256 all;
  for (const auto& f : facts) all.add(f.name).add("\n").add(f.value).add("\n");
  return all.digest();
}
// The facts of one group after another: f(those of the group).
inline void each_group(const std::vector<passport_fact>& facts, const auto& f) {
  for (std::size_t first = 0, last = 0; first < facts.size(); first = last) {
    while (last < facts.size() && facts[last].group == facts[first].group) ++last;
    f(list<const passport_fact>(facts.data() + first, static_cast<index_t>(last - first)));
  }
}
inline bool is_digest(std::string_view value) {
  return value.size() == 64 && value.find_first_not_of("0123456789abcdef") == value.npos;
}
}  // namespace detail

inline void add_digests(passport_text& text) {
  sha256 ids, vector;
  for (const auto id : text.ids) ids.add(static_cast<std::uint32_t>(id));
  for (const auto segment : text.segments) ids.add(static_cast<std::uint32_t>(segment));
  for (const float x : text.vector) vector.add(detail::bits_for_digest(x));
  text.tokens = static_cast<index_t>(text.ids.size());
  text.ids_digest = ids.digest(), text.vector_digest = vector.digest();
}

inline std::string passport::json(bool values) const {
  nlohmann::ordered_json document{{"passport", 1}, {"facts", nlohmann::ordered_json::object()}};
  const detail::json_scope scope(document);
  detail::each_group(facts, [&](list<const passport_fact> group) {
    auto& object = document["facts"][group[0].group] = nlohmann::ordered_json::object();
    for (const auto& f : group) object[f.name] = f.value;
  });
  document["build"] = {{"architecture", build}, {"why_not_same_bits", why_not}};
  auto& all = document["texts"] = nlohmann::ordered_json::array();
  for (const auto& t : texts) {
    nlohmann::ordered_json one{
        {"name", t.name}, {"tokens", t.tokens}, {"ids_digest", t.ids_digest}, {"vector_digest", t.vector_digest}};
    if (values) {
      one["ids"] = t.ids;
      if (!t.segments.empty()) one["segments"] = t.segments;
      one["values"] = detail::encode_floats(t.vector);
    }
    all.push_back(std::move(one));
  }
  return document.dump(1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

inline std::string passport::table() const {
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value, std::string_view more) {
    const auto end = text.size() + 16;
    text += detail::printable_whole(name);
    text.resize(std::max(end, text.size() + 1), ' ');
    ((text += detail::printable_whole(value)) += more) += '\n';
  };
  detail::each_group(facts, [&](list<const passport_fact> group) {
    const auto short_one = [](std::string_view value) {
      return detail::is_digest(value) ? value.substr(0, 16) : value;
    };
    if (group.size() == 1 && group[0].name == group[0].group) return line(group[0].name, short_one(group[0].value), "");
    if (detail::is_digest(group[0].value))
      return line(group[0].group, short_one(detail::joined_digest(group)), " of " + std::to_string(group.size()));
    for (const auto& f : group) line(f.name, short_one(f.value), "");
  });
  line("build", build, why_not.empty() ? ", keeps the promise" : ", to rounding: " + detail::printable_whole(why_not));
  for (const auto& t : texts)
    line("text " + t.name, t.vector_digest.substr(0, 16),
         " of " + std::to_string(t.tokens) + " tokens, ids " + detail::printable_whole(t.ids_digest.substr(0, 16)));
  return text;
}

inline passport passport::parse(std::string_view json, std::string_view file) {
  auto document = parse_json(json, file);
  const detail::json_scope scope(document);
  json_integer(document, "passport", file, 1, 1);
  passport p;
  const auto& facts = json_at(document, "facts", file);
  if (!facts.is_object())
    fail({.file = file, .subject = "facts", .found = json_shown(facts), .wanted = "an object of objects"});
  for (const auto& [group, members] : facts.items()) {
    if (!members.is_object())
      fail({.file = file, .subject = group, .found = json_shown(members), .wanted = "an object of texts"});
    for (const auto& [name, value] : members.items()) p.facts.push_back({group, name, json_text(members, name, file)});
  }
  const auto& build = json_at(document, "build", file);
  p.build = json_text(build, "architecture", file);
  p.why_not = json_text(build, "why_not_same_bits", file, "");
  const auto& texts = json_at(document, "texts", file);
  if (!texts.is_array()) fail({.file = file, .subject = "texts", .found = json_shown(texts), .wanted = "an array"});
  for (const auto& one : texts)
    p.texts.push_back({.name = json_text(one, "name", file),
                       .tokens = json_integer(one, "tokens", file, 0, index_t{1} << 31),
                       .ids_digest = json_text(one, "ids_digest", file),
                       .vector_digest = json_text(one, "vector_digest", file),
                       .ids = detail::read_ids(one, "ids", file),
                       .segments = detail::read_ids(one, "segments", file),
                       .vector = detail::decode_floats(one, file)});
  return p;
}

inline passport passport::read(const std::filesystem::path& file) {
  const auto bytes = mapped_file::open(file);
  return parse(bytes->text(), file.string());
}

}  // namespace weft

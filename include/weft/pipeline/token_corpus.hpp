#pragma once
// Plain text as tokens in a file, from which models are pre-trained: built in bounded memory, read where it is mapped.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include <weft/base/random_source.hpp>
#include <weft/io/mapped_file.hpp>
#include <weft/io/sha256.hpp>
#include <weft/pipeline/tagged_spans.hpp>
#include <weft/pipeline/training_example.hpp>
#include <weft/text/tokenizer.hpp>
#include <weft/text/utf8.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a corpus keeps of a token.
struct corpus_token {
  std::int32_t id;
  bool special;    ///< the tokenizer put it there
  bool continues;  ///< it goes on with the word of the token before
  bool second;     ///< it stands in the second segment
};

/// Examples of one length at most, after ELECTRA's data builder (Clark et al. 2020, released code): lines of a document
/// are put together until an example is full, and fall into two segments or, one time in ten, into one; one time in
/// twenty the length aimed at is shorter. A blank line ends a document. What has no room goes on in the next example,
/// where the builder cuts it off.
class token_corpus {
 public:
  /// Reads a text and writes the examples to a file beside it in the file system, which goes with the corpus. Lines
  /// that are not UTF-8 are left out and counted; those of more than 65,536 bytes are cut there. Throws weft::error for
  /// a text without examples, and where the disk refuses.
  static token_corpus build(const std::filesystem::path& text, const std::filesystem::path& out, const tokenizer& words,
                            index_t length, std::uint64_t seed) {
    const auto file = mapped_file::open(text);
    token_corpus made;
    {
      builder to(out, words, length, seed, made);
      std::string_view rest = file->text();
      index_t number = 0, since = 0;
      while (!rest.empty()) {
        auto line = rest.substr(0, longest_line);
        line = line.substr(0, line.find('\n'));
        const bool whole = line.size() == rest.size() || rest[line.size()] == '\n';
        if (const auto blank = line.rfind(' '); !whole && blank != line.npos) line = line.substr(0, blank + 1);
        while (!whole && line.size() < rest.size() && (static_cast<unsigned char>(rest[line.size()]) & 0xc0) == 0x80)
          line = rest.substr(0, line.size() + 1);  // whole characters
        rest.remove_prefix(std::min(rest.size(), line.size() + (whole ? 1 : 0)));
        ++number;
        if ((since += static_cast<index_t>(line.size())) > release_after) file->release_pages(), since = 0;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (find_invalid_utf8(line) >= 0) {
          if (made.skipped_++ == 0) made.first_skipped_ = number;
          continue;
        }
        to.add(line);
      }
      to.finish();
    }
    if (made.ends_.empty())
      fail(
          {.file = text.string(), .found = "no text", .wanted = "lines of text, and a blank one behind each document"});
    made.tokens_ = mapped_file::open(out);
    std::error_code ignored;
    std::filesystem::remove(out, ignored);  // what is mapped stays while it is open
    return made;
  }

  index_t size() const { return static_cast<index_t>(ends_.size()); }
  index_t length(index_t i) const { return end_of(i) - end_of(i - 1); }
  corpus_token token(index_t i, index_t at) const {
    const auto word = words()[end_of(i - 1) + at];
    return {word & mask_of_id, (word & special) != 0, (word & continues) != 0, (word & second) != 0};
  }
  void digest(sha256& all) const {
    for (index_t i = 0; i < size(); ++i) all.add(static_cast<std::uint32_t>(length(i)));
    all.add(words(), end_of(size() - 1) * index_t{sizeof(std::int32_t)});
  }
  index_t skipped() const { return skipped_; }  ///< lines that are not UTF-8
  index_t first_skipped() const { return first_skipped_; }
  index_t tokens() const { return end_of(size() - 1); }

 private:
  static constexpr std::size_t longest_line = 65536;
  static constexpr index_t release_after = index_t{1} << 26;
  static constexpr std::int32_t special = 1 << 28, second = 1 << 29, continues = 1 << 30, mask_of_id = special - 1;

  const std::int32_t* words() const { return reinterpret_cast<const std::int32_t*>(tokens_->bytes().data()); }
  index_t end_of(index_t i) const { return i < 0 ? 0 : ends_[static_cast<std::size_t>(i)]; }

  class builder {
   public:
    builder(const std::filesystem::path& out, const tokenizer& words, index_t length, std::uint64_t seed,
            token_corpus& made)
        : path_(out),
          file_(out, std::ios::binary),
          words_(words),
          goes_on_(words),
          length_(length),
          target_(length),
          random_(seed),
          made_(made) {
      if (!file_) refuse();
    }
    void add(std::string_view line) {
      if (line.find_first_not_of(" \t") == line.npos) return end_document();
      const auto e = words_.pieces(line);
      for (index_t first = 0; first < e.size();) {  // what has no room goes on in the next example
        const index_t last = first + std::min(room() - held_tokens_, e.size() - first);
        piece one;
        for (index_t i = first; i < last; ++i) {
          const auto at = static_cast<std::size_t>(i);
          one.ids.push_back(e.ids[at]);
          one.goes_on.push_back(i > first && goes_on_(line, e.ids[at], e.offsets[at]));
        }
        held_.push_back(std::move(one));
        held_tokens_ += last - first, first = last;
        if (held_tokens_ == room()) write();
      }
    }
    void finish() {
      end_document();
      file_.close();
      if (!file_) refuse();
    }

   private:
    struct piece {
      std::vector<std::int32_t> ids;
      std::vector<char> goes_on;
      void append(const piece& more) {
        ids.insert(ids.end(), more.ids.begin(), more.ids.end());
        goes_on.insert(goes_on.end(), more.goes_on.begin(), more.goes_on.end());
      }
      index_t size() const { return static_cast<index_t>(ids.size()); }
    };
    index_t room() const { return std::max<index_t>(1, target_ - words_.special_tokens(true)); }
    void end_document() {
      if (!held_.empty()) write();
    }
    void write() {
      const bool one_segment = random_.uniform() < 0.1;
      const index_t first_target = one_segment ? index_t{1} << 40 : room() / 2;
      piece a, b;
      for (const auto& one : held_) {
        const bool to_first = a.ids.empty() || a.size() + one.size() < first_target ||
                              (b.ids.empty() && a.size() < first_target && random_.uniform() < 0.5);
        (to_first ? a : b).append(one);
      }
      held_.clear(), held_tokens_ = 0;
      const index_t room_alone = length_ - words_.special_tokens(false);
      const index_t room_pair = length_ - words_.special_tokens(true);
      if (b.ids.empty() || a.size() >= room_pair)
        put(encoded(a, room_alone), nullptr, a, b);
      else
        put(encoded(a, room_pair), std::make_unique<encoding>(encoded(b, room_pair - a.size())), a, b);
      const index_t least = std::min<index_t>(5, length_);
      target_ = random_.uniform() < 0.05 ? least + random_.below(length_ - least + 1) : length_;
    }
    static encoding encoded(const piece& p, index_t most) {
      encoding e;
      for (index_t i = 0; i < std::min(p.size(), most); ++i) e.add(p.ids[static_cast<std::size_t>(i)], 0, {i, i + 1});
      return e;
    }
    void put(const encoding& first, const std::unique_ptr<encoding>& other, const piece& a, const piece& b) {
      const auto whole = words_.layout().compose(first, {0, first.size()}, other.get(), {0, other ? other->size() : 0});
      const auto put_part = [&](index_t at) {
        const auto place = static_cast<std::size_t>(at);
        std::int32_t word = whole.ids[place] | (whole.segments[place] ? second : 0);
        const bool in_second = other && at >= whole.second.begin && at < whole.second.end;
        if (whole.inserted(at)) {
          word |= special;
        } else {
          const auto from = static_cast<std::size_t>(at - (in_second ? whole.second : whole.first).begin);
          if ((in_second ? b : a).goes_on[from]) word |= continues;
        }
        file_.write(reinterpret_cast<const char*>(&word), sizeof word);
      };
      for (index_t at = 0; at < whole.size(); ++at) put_part(at);
      if (!file_) refuse();
      made_.ends_.push_back((made_.ends_.empty() ? 0 : made_.ends_.back()) + whole.size());
    }
    [[noreturn]] void refuse() const {
      fail({.file = path_.string(), .found = std::strerror(errno), .wanted = "a file with room for the tokens"});
    }

    std::filesystem::path path_;
    std::ofstream file_;
    const tokenizer& words_;
    detail::word_parts goes_on_;
    index_t length_, target_, held_tokens_ = 0;
    random_source random_;
    token_corpus& made_;
    std::vector<piece> held_;
  };

  std::shared_ptr<const mapped_file> tokens_;
  std::vector<index_t> ends_;  // where each example ends among all tokens: 8 bytes an example are kept in memory
  index_t skipped_ = 0, first_skipped_ = 0;
};

}  // namespace weft

#pragma once
// The program that `weft passport` compiles and runs: docs/how-to/check-a-stored-vector.md.
#include <weft/memory/thread_pool.hpp>
#include <weft/pipeline/passport.hpp>
#include <weft/program/printing.hpp>
#include <weft/program/task.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE::program {

/// The options of `passport` beside those of every program: those of `embed` that change vectors, and its own.
inline constexpr std::string_view passport_options =
    " --vectors --against --max-length --normalize --pooling --prompt --truncate-dim ";

/// Exit codes of `weft passport --against FILE`; 1 is what could not be read, 2 a wrong command line.
constexpr int status_of(passport_verdict verdict) {
  return verdict == passport_verdict::same ? 0 : verdict == passport_verdict::to_rounding ? 3 : 4;
}

/// The passport of what `embed` with these options makes of the model's files.
template <class Spec>
passport passport_of(const request& r, executor run) {
  auto files = files_of(r, true);
  if (!r.prompt.empty()) files.modules.prompt = files.modules.prompt_named(r.prompt);
  const auto stored = files.source.weights;
  embedder<Spec> embed(files.modules, std::move(files.source), how_of(r, run));
  return weft::passport_of(embed, stored, run);
}

/// The program itself: prints the passport, or what compare() says of it and the file of --against.
template <class Spec>
int passport_main(int count, char** words) {
  return guarded_main([&](std::ostream& out) {
    const auto r = read_request(count, words, passport_options);
    thread_pool pool(r.threads);
    const auto mine = passport_of<Spec>(r, pool);
    if (!r.about) {
      out << (r.json ? mine.json(r.vectors) : mine.table());
      return 0;
    }
    const auto found = compare(mine, passport::read(*r.about), *r.about);
    for (const auto& sentence : found.sentences) out << sentence << '\n';
    return status_of(found.verdict);
  });
}

}  // namespace weft::program

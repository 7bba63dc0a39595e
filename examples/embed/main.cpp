// Which sentences mean the same? Embeds sentences with a sentence-transformers model and compares them with xtensor.
//   embed                         ten sentences, with all-MiniLM-L6-v2 from data/minilm (./dev fetch-minilm)
//   embed DIRECTORY [SENTENCE...] with another model of its shape, and other sentences
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>
#include <weft/interop/xtensor.hpp>
#include <weft/model/bert.hpp>
#include <weft/pipeline/embedder.hpp>

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : WEFT_EXAMPLE_DATA;
  std::vector<std::string> sentences(argv + std::min(argc, 2), argv + argc);
  if (sentences.empty())
    sentences = {"A man is eating food.",           "A man is eating a piece of bread.",
                 "The girl is carrying a baby.",    "A man is riding a horse.",
                 "A woman is playing violin.",      "Two men pushed carts through the woods.",
                 "Someone rides a white horse.",    "A monkey is playing drums.",
                 "A cheetah runs behind its prey.", "She is making music on a string instrument."};
  try {
    weft::embedder<weft::minilm_l6> embed(directory);
    const auto vectors = embed.all(sentences);

    // The vectors as an xtensor view, nothing copied; all pairs of rows multiplied and summed by broadcasting.
    const auto v = weft::as_xtensor(vectors);
    const xt::xtensor<float, 2> similarity = xt::sum(
        xt::view(v, xt::all(), xt::newaxis(), xt::all()) * xt::view(v, xt::newaxis(), xt::all(), xt::all()), {2});

    std::vector<std::tuple<float, std::size_t, std::size_t>> pairs;
    for (std::size_t i = 0; i < sentences.size(); ++i)
      for (std::size_t j = i + 1; j < sentences.size(); ++j) pairs.emplace_back(similarity(i, j), i, j);
    std::sort(pairs.rbegin(), pairs.rend());
    if (pairs.size() > 5) pairs.resize(5);
    std::cout << sentences.size() << " sentences, " << vectors.count() << " vectors of " << embed.width() << " floats, "
              << weft::simd::name() << "\n"
              << std::fixed << std::setprecision(3);
    for (const auto& [cosine, i, j] : pairs)
      std::cout << cosine << "  " << sentences[i] << "  |  " << sentences[j] << "\n";
  } catch (const weft::error& e) {
    std::cerr << "embed: " << e.what() << "\n";
    if (argc < 2) std::cerr << "embed: ./dev fetch-minilm downloads the model; or give a directory that holds it\n";
    return 1;
  }
}

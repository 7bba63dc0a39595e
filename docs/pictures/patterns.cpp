// Draws the attention patterns of docs/explanations/attention.md into the folder that is named.
// scripts/draw_pictures.py compiles and runs it.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>
#include <weft/pattern/bigbird_blocks.hpp>
#include <weft/pattern/block_table.hpp>
#include <weft/pattern/causal.hpp>
#include <weft/pattern/dilated_window.hpp>
#include <weft/pattern/documents.hpp>
#include <weft/pattern/full.hpp>
#include <weft/pattern/landmarks.hpp>
#include <weft/pattern/union_of.hpp>
#include <weft/picture/pattern_picture.hpp>

int main(int count, char** arguments) {
  if (count != 2) return std::cerr << "patterns FOLDER\n", 2;
  const std::string folder = arguments[1];
  constexpr weft::index_t length = 48;
  const auto draw = [&]<class Pattern>(const Pattern& pattern, const char* name, const char* title,
                                       weft::pattern_picture_options options = {}) {
    options.title = title;
    std::ofstream(folder + "/pattern-" + name + ".svg") << weft::pattern_picture(pattern, length, options);
  };
  draw(weft::full{}, "full", "full");
  draw(weft::causal{}, "causal", "causal");
  draw(weft::window<6>{}, "window", "window<6>");
  draw(weft::dilated_window<4, 3>{}, "dilated_window", "dilated_window<4, 3>");
  draw(weft::landmarks<3, weft::window<6>>{}, "landmarks", "landmarks<3, window<6>>");
  draw(weft::union_of<weft::window<3>, weft::dilated_window<4, 5>>{}, "union_of",
       "union_of<window<3>, dilated_window<4, 5>>");
  draw(weft::bigbird_blocks<4, 1, weft::hugging_face_plan>{}, "bigbird_blocks",
       "bigbird_blocks<4, 1, hugging_face_plan>", {.model = {.layers = 12, .positions = length, .heads = 12}});

  const std::vector<std::int32_t> ids(length);
  const std::vector<weft::index_t> ends{0, length};
  weft::batch in{ids, {}, ends};
  std::vector<weft::index_t> documents;
  for (weft::index_t token = 0; token < length; ++token) documents.push_back(token < 11 ? 0 : token < 31 ? 1 : 2);
  in.documents = documents;
  draw(weft::documents{}, "documents", "documents: of 11, 20 and 17 tokens", {.in = &in});

  in.documents = {};
  weft::block_list_buffer lists;
  lists.add(6, [](weft::index_t, weft::index_t, weft::index_t row) {
    return std::vector<weft::index_t>{row, 3 * row % 6};
  });
  const auto blocks = lists.view();
  in.blocks = &blocks;
  draw(weft::block_table<8>{}, "block_table", "block_table<8>: own block and another", {.in = &in});
}

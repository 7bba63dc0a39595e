// weft rewire, weft split-experts: a model's directory written with other weights. Nothing is compiled for it.
#include <weft/io/rewire_model.hpp>
#include <weft/io/split_model.hpp>
#include <weft/program/printing.hpp>

#include "commands.hpp"
#include "model.hpp"

namespace weft_program {

namespace {

std::filesystem::path directory_at(const std::string& where) {
  const auto at = model_at(where);
  if (!std::filesystem::is_directory(at))
    weft::fail({.file = where, .found = "no directory", .wanted = "a model's directory, with config.json and weights"});
  return at;
}

int say_written(const std::string& to) {
  weft::program::page out;
  out << "wrote " << to << "\n";
  out.print();
  return 0;
}

}  // namespace

int rewire(const rewire_options& o) {
  weft::rewire_model(directory_at(o.where), o.importance, o.to);
  return say_written(o.to);
}

int split_experts(const split_options& o) {
  weft::split_model(directory_at(o.where), {o.experts, o.width, o.shared, o.importance, o.tables}, o.to);
  return say_written(o.to);
}

}  // namespace weft_program

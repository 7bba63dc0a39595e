// weft completion SHELL: the commands, options and values as they are, in the shell's words.
#include "completion.hpp"

#include <sstream>
#include <vector>
#include <weft/program/printing.hpp>

namespace weft_program {

namespace {

using commands = std::vector<const CLI::App*>;

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

// What may stand in the place of `option`: what completes_to() says, nothing for numbers, otherwise files.
std::string values_of(const CLI::Option& option) {
  if (option.get_type_name() == "INT" || option.get_type_name() == "FLOAT") return "";
  try {
    return const_cast<CLI::Option&>(option).get_validator(0)->get_name();
  } catch (const CLI::OptionNotFound&) {
    return "FILE";
  }
}

// Both shells: which words and options fit, by command and by what stands before. FILE stands for files.
void print_cases(std::ostream& out, const commands& all, const std::string& first_word) {
  out << "  case \"$command\" in\n";
  for (const auto* command : all) {
    out << "    " << command->get_name() << ")\n      options=\"" << joined(options_of(*command)) << "\"\n";
    for (const auto* option : command->get_options())
      if (option->get_positional() && values_of(*option) != "FILE") {
        out << "      [ " << first_word << " ] && values=\"" << values_of(*option) << "\"\n";
        break;
      }
    out << "      case \"$before\" in\n";
    for (const auto* option : command->get_options()) {
      if (option->get_positional() || option->get_expected_max() == 0) continue;
      std::vector<std::string> names;
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
      for (const auto& name : option->get_snames()) names.push_back("-" + name);
      out << "        ";
      for (std::size_t i = 0; i < names.size(); ++i) out << (i ? " | " : "") << names[i];
      out << ") values=\"" << values_of(*option) << "\" ;;\n";
    }
    out << "      esac\n      ;;\n";
  }
  out << "  esac\n";
}

void print_bash(std::ostream& out, const CLI::App& app, const commands& all) {
  std::vector<std::string> names;
  for (const auto* command : all) names.push_back(command->get_name());
  out << R"(_weft() {
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}" command="${COMP_WORDS[1]}"
  local options="" values="FILE" IFS=$' \t\n'
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ")"
      << joined(names) << ' ' << joined(options_of(app)) << R"(" -- "$current"))
    return
  fi
)";
  print_cases(out, all, "\"$COMP_CWORD\" -eq 2");
  out << R"(  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *)
      COMPREPLY=($(compgen -W "${values/FILE/}" -- "$current"))
      case "$values" in
        *FILE*)
          compopt -o filenames 2> /dev/null
          IFS=$'\n'
          COMPREPLY+=($(compgen -f -- "$current"))
          ;;
      esac
      ;;
  esac
}
complete -F _weft weft
)";
}

// Text between single quotes, in which zsh's _describe splits at colons.
std::string described(const std::string& text) {
  std::string s;
  for (const char c : text) s += c == '\'' ? "'\\''" : c == ':' ? "\\:" : std::string(1, c);
  return s;
}

void print_zsh(std::ostream& out, const commands& all) {
  out << "#compdef weft\n_weft() {\n  local -a commands=(\n";
  for (const auto* command : all)
    out << "    '" << command->get_name() << ':' << described(command->get_description()) << "'\n";
  out << R"(  )
  local current="$words[CURRENT]" before="$words[CURRENT-1]" command="$words[2]" options="" values="FILE"
  if (( CURRENT == 2 )); then
    case "$current" in
      -*) compadd -- --help --version ;;
      *) _describe command commands ;;
    esac
    return
  fi
)";
  print_cases(out, all, "\"$CURRENT\" -eq 3");
  out << R"(  case "$current" in
    -*) compadd -- ${=options} ;;
    *)
      local found=1
      compadd -- ${=values/FILE/} && found=0
      [[ $values == *FILE* ]] && _files && found=0
      return found
      ;;
  esac
}
# A file _weft of $fpath, or a script that is sourced after compinit.
if [ "$funcstack[1]" = _weft ]; then _weft "$@"; else compdef _weft weft; fi
)";
}

}  // namespace

CLI::Validator completes_to(const std::string& words) { return CLI::Validator("").name(words); }

int print_completion(const std::string& shell, const CLI::App& app) {
  const auto all = app.get_subcommands([](const CLI::App*) { return true; });
  std::ostringstream out;
  shell == "zsh" ? print_zsh(out, all) : print_bash(out, app, all);
  weft::program::page().trusted(out.str()).print();
  return 0;
}

}  // namespace weft_program

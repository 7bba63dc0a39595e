// weft completion SHELL: the commands and options as they are, in the shell's words.
#include "completion.hpp"

#include <iostream>

namespace weft_program {

namespace {

std::string options_of(const CLI::App& app) {
  std::string words;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) words += (words.empty() ? "--" : " --") + name;
  return words;
}

}  // namespace

int print_completion(const std::string& shell, const CLI::App& app) {
  std::string commands, cases;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands += (commands.empty() ? "" : " ") + command->get_name();
    cases += "    " + command->get_name() + ") words=\"" + options_of(*command) + "\" ;;\n";
  }
  // zsh reads bash's completions.
  if (shell == "zsh") std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
  std::cout << "_weft() {\n"
               "  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" IFS=$' \\t\\n'\n"
               "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
               "    COMPREPLY=($(compgen -W \"" +
                   commands + " " + options_of(app) +
                   "\" -- \"$current\"))\n"
                   "    return\n"
                   "  fi\n"
                   "  case \"${COMP_WORDS[1]}\" in\n" +
                   cases +
                   "  esac\n"
                   "  case \"$current\" in\n"
                   "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
                   "    *) IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
                   "  esac\n"
                   "}\n"
                   "complete -o filenames -F _weft weft\n";
  return 0;
}

}  // namespace weft_program

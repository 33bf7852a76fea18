#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace armillion::cli {

namespace {

// What the completion of one command needs, as words with spaces between them.
struct CommandWords {
  std::string options;
  /// Those of the options that are followed by a value.
  std::string options_with_value;
  /// What its first argument may be, where that is one of a few words. Options may follow it.
  std::string choices;
};

void append(std::string& words, const std::string& word) { words += (words.empty() ? "" : " ") + word; }

// CLI11 shows the words of an IsMember check as "{one,two}" in the name of the option's type.
std::string choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  if (open == std::string::npos) return "";
  std::string choices = type.substr(open + 1, type.find('}') - open - 1);
  std::ranges::replace(choices, ',', ' ');
  return choices;
}

CommandWords words_of(const CLI::App& command) {
  CommandWords words;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      append(words.options, "--" + name);
      if (option->get_expected_max() > 0) append(words.options_with_value, "--" + name);
    }
    if (option->get_positional()) words.choices = choices_of(*option);
  }
  return words;
}

// A completion function made from the parser itself, so that it never lags behind it. Once a program is named, what
// follows belongs to it, and files are offered. Where the first argument is a word of the command's own, options go on.
void print_bash(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    append(commands, command->get_name());
    const CommandWords words = words_of(*command);
    cases += fmt::format("    {}) options=\"{}\" with_value=\"{}\" choices=\"{}\" ;;\n", command->get_name(),
                         words.options, words.options_with_value, words.choices);
  }
  fmt::print(
      "# Completion of armillion for bash: source this file, or put it into the completions folder.\n"
      "_armillion() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" options=\"\" with_value=\"\" choices=\"\" i\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{} {}\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n"
      "{}"
      "  esac\n"
      "  for ((i = 2; i < COMP_CWORD; i++)); do\n"
      "    case \" $with_value \" in *\" ${{COMP_WORDS[i]}} \"*) i=$((i + 1)); continue ;; esac\n"
      "    case \"${{COMP_WORDS[i]}}\" in -*) continue ;; esac\n"
      "    if [ \"$choices\" ]; then choices=\"\"; else options=\"\"; fi\n"
      "  done\n"
      "  case \"$word\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(if [ \"$choices\" ]; then compgen -W \"$choices\" -- \"$word\"; else compgen -f -- "
      "\"$word\"; fi)) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _armillion armillion\n",
      commands, words_of(app).options, cases);
}

void print_zsh(const CLI::App& app) {
  fmt::print("#compdef armillion\nautoload -U +X bashcompinit && bashcompinit\n");
  print_bash(app);
}

}  // namespace

void add_completion_command(CLI::App& app, int& exit_status) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->footer("Example:\n  source <(armillion completion bash)");
  command->callback([&app, shell, &exit_status] {
    if (*shell == "zsh") {
      print_zsh(app);
    } else {
      print_bash(app);
    }
    exit_status = 0;
  });
}

}  // namespace armillion::cli

import type { ShellCompletion } from "@optique/core/completion";
import * as shells from "@optique/core/completion";
import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { defineCommand } from "./command.ts";
import { suggestWords } from "./suggest_words.ts";
import { commands } from "./table.ts";

const SHELLS = { bash: shells.bash, zsh: shells.zsh, fish: shells.fish, pwsh: shells.pwsh, nu: shells.nu };

/** `parley completion`. */
export const completion = defineCommand({
  description: "The script calls parley for what may come next, so it stays right when parley changes. " +
    "With words after the shell's name, the command prints what may follow them.",
  examples: [
    { line: "parley completion bash > ~/.local/share/bash-completion/completions/parley", does: "For bash" },
    { line: "parley completion zsh > ~/.zfunc/_parley", does: "For zsh, where ~/.zfunc stands in fpath" },
    { line: "parley completion fish > ~/.config/fish/completions/parley.fish", does: "For fish" },
  ],
  parser: object({
    shell: argument(choice(["bash", "zsh", "fish", "pwsh", "nu"], { metavar: "SHELL" }), {
      description: message`The shell to write for`,
    }),
    words: multiple(argument(string({ metavar: "WORD" }), {
      description: message`The words typed so far; the script gives them`,
    })),
  }),
  async execute({ shell, words }, { out }) {
    const generator: ShellCompletion = SHELLS[shell];
    if (words.length === 0) {
      // Behind the double dash, the words that a person has typed are no options of ours.
      const script = generator.generateScript("parley", ["completion", shell, "--"]);
      return out.result({ type: "completion", shell, script }, script);
    }
    const suggestions = await suggestWords(commands, words);
    out.document([...generator.encodeSuggestions(suggestions)].join(""));
  },
});

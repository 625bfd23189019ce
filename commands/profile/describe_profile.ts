import type { Profile } from "../../lib/legacy/mod.ts";
import type { Output } from "../output.ts";

/** What the help of a command says about a classic system. */
export function describeProfile(
  { title, name, files, commands, settings = {}, weaknesses }: Profile,
): string {
  const weak = weaknesses.map(({ weak, instead }, index) =>
    `(${index + 1}) ${weak}. parley itself: ${instead}.`
  );
  return [
    `${name}: ${title}.`,
    files.length > 0 ? `Files: ${files.join("; ")}.` : "It keeps no files.",
    `What it reads from standard input: ${commands.join("; ")}.`,
    ...Object.entries(settings).map(([setting, meaning]) => `--set ${setting}=${meaning}.`),
    `What is weak in it: ${weak.join(" ")}`,
  ].join(" ");
}

/** Warns of what is weak, on standard error. */
export function warnOfWeaknesses({ name, weaknesses }: Profile, out: Output): void {
  out.note(`${name} is a classic system and weak; without --profile, parley does better:`);
  for (const { weak, instead } of weaknesses) out.note(`- ${weak} (instead: ${instead})`);
}

import { UsageError } from "../../lib/errors/mod.ts";

/** One option that a configuration file sets. */
export interface ConfigEntry {
  /** The command that it is for, such as `ca invite`; empty for all. */
  readonly section: string;
  /** The option's name without its dashes. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
  /** Where it stands, as `FILE:LINE`. */
  readonly place: string;
}

const SECTION = /^\[\s*([a-z][a-z -]*?)\s*\]$/;
const ENTRY = /^([a-z][a-z-]*)\s*=\s*(.*)$/;

/**
 * Parses a configuration file: lines `name = value`, sections `[command]`, comments that begin with `#`. What
 * stands before the first section is for every command. A value goes to the end of its line, unless it stands in
 * double quotes.
 *
 * @throws {UsageError} config-malformed with file and line
 */
export function parseConfig(text: string, path: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const seen = new Map<string, string>();
  let section = "";
  text.split(/\r?\n/).forEach((line, index) => {
    const place = `${path}:${index + 1}`;
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return;
    const heading = SECTION.exec(trimmed)?.[1];
    if (heading !== undefined) return void (section = heading.replace(/\s+/g, " "));
    const [, name, value] = ENTRY.exec(trimmed) ?? [];
    if (name === undefined || value === undefined) {
      throw malformed(place, "expected name = value, [command] or # comment");
    }
    const key = `${section} ${name}`;
    const before = seen.get(key);
    if (before !== undefined) throw malformed(place, `${name} is set before, in ${before}`);
    seen.set(key, place);
    entries.push({ section, name, value: unquote(value, place), place });
  });
  return entries;
}

function unquote(value: string, place: string): string {
  if (!value.startsWith('"')) return value;
  const inside = /^"([^"]*)"$/.exec(value)?.[1];
  if (inside === undefined) throw malformed(place, "a value in quotes ends with the line's last character");
  return inside;
}

function malformed(place: string, says: string): UsageError {
  return new UsageError("config-malformed", `${place}: ${says}`);
}

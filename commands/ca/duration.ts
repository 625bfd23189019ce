import { message } from "@optique/core/message";
import type { ValueParser } from "@optique/core/valueparser";

const UNIT_MS: Record<string, number> = {
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
};

/** Parses a time span such as `14d`, `12h`, `30m`, `90s` or `2w` into milliseconds. */
export function duration(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "TIME",
    placeholder: 0,
    parse(input) {
      const [, digits = "", unit = ""] = /^([0-9]{1,6})([smhdw])$/.exec(input) ?? [];
      const factor = UNIT_MS[unit];
      if (factor !== undefined) return { success: true, value: Number(digits) * factor };
      return { success: false, error: message`Expected a time such as 14d, 12h or 30m, but got ${input}.` };
    },
    format: formatDuration,
  };
}

/** Formats a time span in the greatest unit that it is a whole number of. */
function formatDuration(milliseconds: number): string {
  const [unit, factor] = Object.entries(UNIT_MS).find(([, ms]) => milliseconds % ms === 0) ?? ["s", 1000];
  return `${milliseconds / factor}${unit}`;
}

import { message } from "@optique/core/message";
import type { ValueParser, ValueParserResult } from "@optique/core/valueparser";

const UNITS: Record<string, number> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Parses an amount of bytes: a whole number, with K, M, G or T behind it in powers of 1,024. */
export function byteSize(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "SIZE",
    placeholder: 0,
    parse: parseByteSize,
    format: String,
  };
}

function parseByteSize(input: string): ValueParserResult<number> {
  const [, digits, unit = ""] = /^([0-9]{1,15})([KMGT]?)$/.exec(input) ?? [];
  const bytes = Number(digits) * UNITS[unit]!;
  if (Number.isSafeInteger(bytes)) return { success: true, value: bytes };
  return { success: false, error: message`Expected a size such as 500M, 20G or 2T, got ${input}.` };
}

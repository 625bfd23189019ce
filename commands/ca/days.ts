import type { Message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { option } from "@optique/core/primitives";
import { integer } from "@optique/core/valueparser";

const MAX_DAYS = 36_500;

/** The option `--days N`: how long something is valid. */
export function daysOption(days: number, description: Message): Parser<"sync", number, unknown> {
  return withDefault(
    option("--days", integer({ metavar: "N", min: 1, max: MAX_DAYS }), { description }),
    days,
  );
}

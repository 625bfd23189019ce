import { message } from "@optique/core/message";
import type { ValueParser } from "@optique/core/valueparser";
import { duration } from "./ca/duration.ts";

/** A time, or how long ago it was. */
export type PointInTime = { readonly at: Date } | { readonly agoMs: number };

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Parses a date (`2026-05-01`, `2026-05-01T12:00Z`; without a zone the local one) or a time span (`90d`). */
export function pointInTime(): ValueParser<"sync", PointInTime> {
  const span = duration();
  return {
    mode: "sync",
    metavar: "WHEN",
    placeholder: { agoMs: 0 },
    parse(input) {
      const ago = span.parse(input);
      if (ago.success) return { success: true, value: { agoMs: ago.value } };
      // A date alone would be taken for midnight in Greenwich.
      const at = DATE.test(input) ? new Date(input.includes("T") ? input : `${input}T00:00`) : undefined;
      if (at !== undefined && !Number.isNaN(at.getTime())) return { success: true, value: { at } };
      return {
        success: false,
        error: message`Expected a date such as 2026-05-01, or how long ago such as 90d, but got ${input}.`,
      };
    },
    format: (value) => "at" in value ? value.at.toISOString() : `${value.agoMs / 1000}s`,
  };
}

/** The date that is meant. */
export function resolvePointInTime(point: PointInTime, now: number): Date {
  return "at" in point ? point.at : new Date(now - point.agoMs);
}

import type { ParleyError } from "../../errors/mod.ts";

/** With these a message is refused for what it is, or who sent it. */
const REFUSALS = ["sender-revoked", "expiry-implausible", "entry-id-repeated"];

/** Whether another copy of a message may be better: not where it was opened, or is refused for what it is. */
export function isWorthAsking({ kind, code }: ParleyError): boolean {
  return kind !== "decode" && !REFUSALS.includes(code);
}

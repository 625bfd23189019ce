import type { ParleyError } from "../../errors/mod.ts";

/** Whether another copy of a message may be better: not where it was opened, or is refused for what its sender is. */
export function isWorthAsking({ kind, code }: ParleyError): boolean {
  return kind !== "decode" && code !== "sender-revoked" && code !== "expiry-implausible";
}

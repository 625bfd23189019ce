import { parseName } from "../../lib/pki/mod.ts";

/**
 * Parses `USER` or `USER/DEVICE`.
 *
 * @throws {UsageError} name-malformed
 */
export function parseTarget(text: string): { user: string; device?: string } {
  const slash = text.indexOf("/");
  if (slash < 0) return { user: parseName(text, "user") };
  return {
    user: parseName(text.slice(0, slash), "user"),
    device: parseName(text.slice(slash + 1), "device"),
  };
}

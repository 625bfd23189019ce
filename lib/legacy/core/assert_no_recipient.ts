import { UsageError } from "../../errors/mod.ts";
import type { SendOptions } from "./profile.ts";

/**
 * Admits a message only where it names no recipient; the text says who gets it.
 *
 * @throws {UsageError} `recipient-not-taken`
 */
export function assertNoRecipient({ to }: SendOptions, text: string): void {
  if (to !== undefined) throw new UsageError("recipient-not-taken", text);
}

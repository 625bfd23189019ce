import { UsageError } from "../../errors/mod.ts";
import type { SendOptions } from "./profile.ts";

/**
 * Says who sends to whom, where a system needs both.
 *
 * @throws {UsageError} `recipient-required`, `user-required`
 */
export function addressedMessage({ to, user }: SendOptions): { readonly to: string; readonly user: string } {
  if (to === undefined) throw new UsageError("recipient-required", "whom is the message for?");
  if (user !== undefined) return { to, user };
  throw new UsageError("user-required", "whose message is it?", { hint: "--as NAME says so" });
}

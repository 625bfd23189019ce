import { UsageError } from "../../errors/mod.ts";
import type { ConnectOptions, SendOptions } from "../core/mod.ts";
import { Client } from "./client.ts";

/**
 * Holds a session: lines are messages to everybody else; `exit` leaves, and so does the end of input.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `signature-wrong`
 * @throws {ProtocolError} `dh-value-refused`, `dialect-mismatch`
 */
export async function connectElgamal(options: ConnectOptions): Promise<void> {
  const { console } = options;
  await using client = await Client.open({ ...options, show: (event) => console.show(event) });
  console.note("waiting for another client");
  await Promise.race([client.ready, client.ended]);
  for (;;) {
    const line = await Promise.race([console.ask("message: "), client.ended]);
    if (line === undefined || line.trim().toLowerCase() === "exit") return;
    try {
      await Promise.race([client.send(line), client.ended]);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      console.note(error.message);
    }
  }
}

/**
 * Waits for another client, sends one text to everybody who is here and leaves.
 *
 * @throws {UsageError} `recipient-not-taken`, `message-too-long`
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `signature-wrong`
 */
export async function sendElgamal(options: SendOptions): Promise<void> {
  const { text, to, show } = options;
  if (to !== undefined) {
    throw new UsageError("recipient-not-taken", "elgamal sends to everybody, not to a user");
  }
  await using client = await Client.open(options);
  await Promise.race([client.ready, client.ended]);
  await Promise.race([client.send(text), client.ended]);
  show({ type: "sent", text: "sent" });
}

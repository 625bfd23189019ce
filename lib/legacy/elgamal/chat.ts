import { UsageError } from "../../errors/mod.ts";
import { type ConnectOptions, promptLoop, type SendOptions } from "../core/mod.ts";
import { withClient } from "./client.ts";

/**
 * Holds a session: lines are messages to everybody else; `exit` leaves, and so does the end of input.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `signature-wrong`
 * @throws {ProtocolError} `dh-value-refused`, `dialect-mismatch`
 */
export async function connectElgamal(options: ConnectOptions): Promise<void> {
  const { console } = options;
  await withClient({ ...options, show: (event) => console.show(event) }, async (client) => {
    const { ready, ended } = client;
    console.note("waiting for another client");
    await Promise.race([ready, ended]);
    await promptLoop(console, { prompt: "message: ", leave: "exit", ended }, (line) => client.send(line));
  });
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
  await withClient(options, async (client) => {
    await Promise.race([client.ready, client.ended]);
    await Promise.race([client.send(text), client.ended]);
  });
  show({ type: "sent", text: "sent" });
}

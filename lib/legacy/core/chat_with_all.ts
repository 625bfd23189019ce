import type { ConnectOptions, ProfileEvent, SendOptions } from "./profile.ts";
import { promptLoop } from "./prompt_loop.ts";

/** A client whose messages go to everybody else, once keys are agreed. */
export interface BroadcastClient {
  /** Resolves when there are keys. */
  readonly ready: Promise<void>;
  /** Rejects when the session has ended. */
  readonly ended: Promise<never>;
  /** Sends a text to everybody else. */
  send(text: string): Promise<void>;
}

/** What a client of a system without users' names needs to connect, be it to chat or to send. */
export type BroadcastOptions = Omit<ConnectOptions, "console"> & {
  /** Gets what happens and what arrives. */
  readonly show: (event: ProfileEvent) => void;
};

/** Holds a client for as long as the function takes. */
export type WithBroadcastClient = (
  options: BroadcastOptions,
  use: (client: BroadcastClient) => Promise<void>,
) => Promise<void>;

/** Holds a session: lines are messages to everybody else; `exit` leaves, and so does the end of input. */
export async function chatWithAll(
  options: ConnectOptions,
  waitingFor: string,
  withClient: WithBroadcastClient,
): Promise<void> {
  const { console } = options;
  await withClient({ ...options, show: (event) => console.show(event) }, async (client) => {
    const { ended } = client;
    console.note(`waiting ${waitingFor}`);
    await Promise.race([client.ready, ended]);
    await promptLoop(console, { prompt: "message: ", leave: "exit", ended }, (line) => client.send(line));
  });
}

/** Waits for keys, sends one text to everybody else and leaves. */
export async function sendToAll(options: SendOptions, withClient: WithBroadcastClient): Promise<void> {
  const { text, show } = options;
  await withClient(options, async (client) => {
    await Promise.race([client.ready, client.ended]);
    await Promise.race([client.send(text), client.ended]);
  });
  show({ type: "sent", text: "sent" });
}

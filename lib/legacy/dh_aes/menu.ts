import { UsageError } from "../../errors/mod.ts";
import {
  addressedMessage,
  type ConnectOptions,
  type ProfileConsole,
  type ProfileEvent,
  promptLoop,
  type SendOptions,
} from "../core/mod.ts";
import { type Session, withSession } from "./session.ts";

const SEND = /^send(?:\s+(\S+)(?:\s+(.+))?)?$/;
const PROMPT = {
  prompt: "send, list or quit: ",
  leave: "quit",
  correctable: ["user-name-malformed", "message-refused"],
};

/**
 * Holds a session: `send`, `list` and `quit`. The end of input quits, when all that the server has sent until then is
 * shown.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`
 * @throws {DecodeError} `user-name-malformed`
 */
export async function connectDhAes(options: ConnectOptions): Promise<void> {
  const { console, user: given } = options;
  const user = given ?? (await console.ask("username: "))?.trim();
  if (user === undefined) return;
  await withSession({ ...options, user, show: (event) => console.show(event) }, async (session) => {
    await promptLoop(console, { ...PROMPT, ended: session.ended }, (line) => take(session, console, line));
    await session.users();
  });
}

async function take(session: Session, console: ProfileConsole, line: string): Promise<void> {
  const command = line.trim();
  if (command === "") return;
  if (command === "list") {
    const users = await session.users();
    return console.show({ type: "users", users, text: users.join(", ") });
  }
  const words = SEND.exec(command);
  if (words === null) throw new UsageError("command-unknown", "expected send, list or quit");
  const to = words[1] ?? (await console.ask("to: "))?.trim();
  const content = words[2] ?? (to === undefined ? undefined : await console.ask("message: "));
  if (to !== undefined && content !== undefined) console.show(await sent(session, to, content));
}

/**
 * Sends one message. What waits for the sender is shown, too, since the server hands it over.
 *
 * @throws {UsageError} `recipient-required`, `user-required`
 * @throws {NetworkError} `connect-failed`, `server-gone`, `message-refused`
 * @throws {AuthenticationError} `login-refused`
 */
export async function sendDhAes(options: SendOptions): Promise<void> {
  const { text, show } = options;
  const { to, user } = addressedMessage(options);
  const showMessage = (event: ProfileEvent) => event.type === "message" && show(event);
  await withSession({ ...options, user, show: showMessage }, async (session) => {
    const status = await sent(session, to, text);
    await session.users();
    show(status);
  });
}

async function sent(session: Session, to: string, content: string): Promise<ProfileEvent> {
  const status = await session.send(to, content);
  return { type: status, to, text: status === "delivered" ? `delivered to ${to}` : `queued for ${to}` };
}

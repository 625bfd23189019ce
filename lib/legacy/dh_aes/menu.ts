import { ParleyError, UsageError } from "../../errors/mod.ts";
import type { ConnectOptions, ProfileConsole, ProfileEvent, SendOptions } from "../core/mod.ts";
import { Session } from "./session.ts";

/**
 * Holds a session: `send`, `list` and `quit`. The end of input quits.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`
 * @throws {DecodeError} `user-name-malformed`
 */
export async function connectDhAes(options: ConnectOptions): Promise<void> {
  const { console, user: given } = options;
  const user = given ?? (await console.ask("username: "))?.trim();
  if (user === undefined) return;
  using session = await Session.open({ ...options, user, show: (event) => console.show(event) });
  await Promise.race([converse(session, console), session.ended]);
}

/**
 * Sends one message. What waits for the sender is shown, too, since the server hands it over.
 *
 * @throws {UsageError} `recipient-required`, `user-required`
 * @throws {NetworkError} `connect-failed`, `server-gone`, `message-refused`
 * @throws {AuthenticationError} `login-refused`
 */
export async function sendDhAes(options: SendOptions): Promise<void> {
  const { to, user, text, show } = options;
  if (to === undefined) throw new UsageError("recipient-required", "whom is the message for?");
  if (user === undefined) {
    throw new UsageError("user-required", "whose message is it?", { hint: "--as NAME says so" });
  }
  const showMessage = (event: ProfileEvent) => event.type === "message" && show(event);
  using session = await Session.open({ ...options, user, show: showMessage });
  const status = await session.send(to, text);
  await session.users();
  show(statusEvent(status, to));
}

/** Before it returns, all that the server has sent until then is shown. */
async function converse(session: Session, console: ProfileConsole): Promise<void> {
  for (;;) {
    const line = (await console.ask("send, list or quit: ") ?? "quit").trim();
    const [, to, content] = SEND.exec(line) ?? [];
    if (line === "quit") break;
    if (line === "list") {
      const users = await session.users();
      console.show({ type: "users", users, text: users.join(", ") });
    } else if (line === "send" || to !== undefined) await send(session, console, to, content);
    else if (line !== "") console.note("expected send, list or quit");
  }
  await session.users();
}

const SEND = /^send\s+(\S+)(?:\s+(.+))?$/;
/** What the user can do something about: the session goes on. */
const CORRECTABLE = ["user-name-malformed", "message-too-long", "message-refused"];

async function send(
  session: Session,
  console: ProfileConsole,
  givenTo: string | undefined,
  givenContent: string | undefined,
): Promise<void> {
  const to = givenTo ?? (await console.ask("to: "))?.trim();
  const content = givenContent ?? (to === undefined ? undefined : await console.ask("message: "));
  if (to === undefined || content === undefined) return;
  try {
    console.show(statusEvent(await session.send(to, content), to));
  } catch (error) {
    if (!(error instanceof ParleyError) || !CORRECTABLE.includes(error.code)) throw error;
    console.note(error.message);
  }
}

function statusEvent(status: "delivered" | "queued", to: string): ProfileEvent {
  return { type: status, to, text: status === "delivered" ? `delivered to ${to}` : `queued for ${to}` };
}

import * as v from "valibot";

const NAME = "[a-z0-9][a-z0-9._-]{0,31}";

/** A user's or a device's name. */
export const nameSchema = v.pipe(v.string(), v.regex(new RegExp(`^${NAME}$`), "not a valid name"));

/** A device of a user. */
export interface DeviceRef {
  /** The user's name. */
  user: string;
  /** The device's name. */
  device: string;
}

/** Checks a device of a user. */
export const deviceRefSchema: v.GenericSchema<unknown, DeviceRef> = v.strictObject({
  user: nameSchema,
  device: nameSchema,
});

/**
 * A mailbox: `device:USER/DEVICE`, `direct:USER,USER` (in ascending order; twice the same user for notes
 * to oneself) or `group:` and 32 hexadecimal digits. A conversation's MLS group id is its mailbox's name
 * in UTF-8, so a relay that creates a mailbox once also lets only one group exist for it.
 */
export const mailboxSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.check(isMailbox, "not a mailbox"),
);

const MAILBOX = new RegExp(`^(device:${NAME}/${NAME}|direct:${NAME},${NAME}|group:[0-9a-f]{32})$`);

/** Whether this is the name of a mailbox. */
export function isMailbox(text: string): boolean {
  return MAILBOX.test(text) && isAscending(directUsers(text));
}

/** One conversation of two users must not have two names. */
function isAscending(users: [string, string] | undefined): boolean {
  return users === undefined || users[0] <= users[1];
}

/** Names the mailbox in which a device receives what is for it alone. */
export function deviceMailbox(ref: DeviceRef): string {
  return `device:${ref.user}/${ref.device}`;
}

/** Names the conversation of two users; the order of the arguments does not matter. */
export function directMailbox(a: string, b: string): string {
  return a < b ? `direct:${a},${b}` : `direct:${b},${a}`;
}

/** The two users of a direct conversation, or undefined for every other mailbox. */
export function directUsers(mailbox: string): [string, string] | undefined {
  if (!mailbox.startsWith("direct:")) return undefined;
  const [a, b] = mailbox.slice("direct:".length).split(",");
  return a !== undefined && b !== undefined ? [a, b] : undefined;
}

/** Formats a device as `USER/DEVICE`. */
export function formatDeviceRef({ user, device }: DeviceRef): string {
  // Requests of one device come in runs, and the same string is found sooner than an equal one.
  if (user !== last.user || device !== last.device) last = { user, device, text: `${user}/${device}` };
  return last.text;
}

let last = { user: "", device: "", text: "/" };

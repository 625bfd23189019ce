import { DecodeError, UsageError } from "../errors/mod.ts";

/** A device of a user: what a device certificate vouches for. */
export interface Identity {
  /** The user's name. */
  user: string;
  /** The device's name, unique among the user's devices. */
  device: string;
}

const NAME = "[a-z0-9][a-z0-9._-]{0,31}";
const NAME_PATTERN = new RegExp(`^${NAME}$`);
const URI_PATTERN = new RegExp(`^parley:(${NAME})/(${NAME})$`);

/** Whether `text` may name a user or a device: `[a-z0-9][a-z0-9._-]{0,31}`. */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}

/**
 * Returns `text` where it may name a user or a device. `what` says which, for the message.
 *
 * @throws {UsageError} `name-malformed`
 */
export function parseName(text: string, what: "user" | "device"): string {
  if (isName(text)) return text;
  throw new UsageError("name-malformed", `not a valid ${what} name: ${quote(text)}`, {
    hint: "a name has 1 to 32 of the characters a-z 0-9 . _ - and begins with a letter or digit",
  });
}

/**
 * Formats an identity as the URI that stands in a device certificate: `parley:USER/DEVICE`.
 *
 * @throws {UsageError} `name-malformed`
 */
export function formatIdentityUri(identity: Identity): string {
  return `parley:${parseName(identity.user, "user")}/${parseName(identity.device, "device")}`;
}

/**
 * Parses `parley:USER/DEVICE`; the exact inverse of {@link formatIdentityUri}.
 *
 * @throws {DecodeError} `identity-malformed`
 */
export function parseIdentityUri(uri: string): Identity {
  const [, user, device] = URI_PATTERN.exec(uri) ?? [];
  if (user === undefined || device === undefined) {
    throw new DecodeError("identity-malformed", `cannot parse identity ${quote(uri)}`, {
      hint: "expected parley:USER/DEVICE",
    });
  }
  return { user, device };
}

/** Foreign text in a message: bounded, and with control characters escaped. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

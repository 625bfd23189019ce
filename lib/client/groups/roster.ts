import { type CborValue, decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { AuthenticationError, ProtocolError } from "../../errors/mod.ts";
import { isMailbox } from "../../wire/mod.ts";

/** Which users a conversation is of, as all members agree. Their devices are the leaves of the MLS group. */
export interface Roster {
  /** In the order in which they came. */
  users: string[];
  /** Those who may change users and admins; at least one, as long as there are users. */
  admins: string[];
  /** Those who leave: any member removes them. */
  leaving: string[];
}

/** As many users as a conversation has devices at most. */
const MAX_USERS = 2_000;

/**
 * Encodes a roster for the GroupContext of its group, in CBOR:
 *
 * ```text
 * {"users": [text, …], "admins": [text, …], "leaving": [text, …]}
 * ```
 */
export function encodeRoster({ users, admins, leaving }: Roster): Uint8Array {
  return encodeCbor({ users, admins, leaving } satisfies Record<string, CborValue>);
}

/**
 * Decodes a roster.
 *
 * @throws {DecodeError} `cbor-malformed`
 * @throws {ProtocolError} `roster-invalid`
 */
export function decodeRoster(bytes: Uint8Array): Roster {
  const { users, admins, leaving, ...rest } = decodeCbor(bytes) as Record<string, CborValue>;
  if (!isNames(users) || !isNames(admins) || !isNames(leaving) || Object.keys(rest).length > 0) {
    throw invalid();
  }
  const strange = [...admins, ...leaving].some((user) => !users.includes(user));
  if (strange || users.length === 0 || admins.length === 0) throw invalid();
  return { users, admins, leaving };
}

/** The roster with more users at its end. */
export function addUsers(roster: Roster, users: readonly string[]): Roster {
  const more = users.filter((user) => !roster.users.includes(user));
  return { ...roster, users: [...roster.users, ...new Set(more)] };
}

/** The roster without some users. Where no admin is left the one who has been there longest becomes one. */
export function removeUsers(roster: Roster, users: readonly string[]): Roster {
  const stays = (user: string) => !users.includes(user);
  const left = roster.users.filter(stays), admins = roster.admins.filter(stays);
  return {
    users: left,
    admins: admins.length > 0 ? admins : left.slice(0, 1),
    leaving: roster.leaving.filter(stays),
  };
}

/** Whether two rosters say the same. */
export function isSameRoster(a: Roster, b: Roster): boolean {
  return isSameList(a.users, b.users) && isSameList(a.admins, b.admins) && isSameList(a.leaving, b.leaving);
}

/**
 * Checks that a user may change a roster like this: an admin any way; everybody else only takes out who leaves, and
 * says that they leave themselves.
 *
 * @throws {AuthenticationError} `roster-forbidden`
 */
export function assertMayChange(before: Roster, after: Roster, author: string): void {
  if (isSameRoster(before, after) || before.admins.includes(author)) return;
  const gone = before.users.filter((user) => !after.users.includes(user));
  const settled = removeUsers(before, gone);
  const isSettled = gone.every((user) => before.leaving.includes(user));
  const withAuthor = { ...settled, leaving: [...settled.leaving, author] };
  const leaves = before.users.includes(author) && isSameRoster(after, withAuthor);
  if (isSettled && (isSameRoster(after, settled) || leaves)) return;
  throw new AuthenticationError(
    "roster-forbidden",
    `${author} changed who is in the group and is not one of its admins`,
  );
}

function isNames(value: CborValue | undefined): value is string[] {
  return Array.isArray(value) && value.length <= MAX_USERS && new Set(value).size === value.length &&
    value.every((one) => typeof one === "string" && isMailbox(`device:${one}/x`));
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

function invalid(): ProtocolError {
  return new ProtocolError("roster-invalid", "the group's list of users is not valid");
}

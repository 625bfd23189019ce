import { decodeBase64Url, encodeBase64Url } from "../bytes/mod.ts";
import { digest, type RandomSource } from "../crypto/mod.ts";
import { DecodeError, ParleyError } from "../errors/mod.ts";
import { parseName } from "./identity.ts";
import { formatRelayAddress, parseRelayAddress, type RelayAddress } from "./relay_address.ts";

/** What an invite carries. The token is a secret: whoever has it may enrol once. */
export interface Invite {
  /** Where the relay is reached. */
  relay: RelayAddress;
  /** The user it is for. */
  user: string;
  /** The name that the device is to have, where a device of the user's has made the invite. */
  device?: string;
  /** The SHA-256 of the root certificate in DER: what the applicant trusts. */
  rootHash: Uint8Array<ArrayBuffer>;
  /** The one-time token, 16 to 64 bytes. */
  token: Uint8Array<ArrayBuffer>;
}

const TOKEN_BYTES = 16;
const HASH_BYTES = 32;
const MAX_CHARACTERS = 512;
const PATTERN =
  /^parley:\/\/([^/?#]+)\/([^/?#]+)(?:\/([^/?#]+))?\?ca=([A-Za-z0-9_-]{43})&t=([A-Za-z0-9_-]{22,86})$/;

/**
 * Formats an invite: `parley://HOST:PORT/USER?ca=<base64url root hash>&t=<base64url token>`, with `/DEVICE` behind
 * the user where it is for a device of that name only.
 *
 * @throws {UsageError} `name-malformed`
 */
export function formatInvite({ relay, user, device, rootHash, token }: Invite): string {
  const ca = encodeBase64Url(rootHash), t = encodeBase64Url(token);
  const name = device === undefined ? "" : `/${parseName(device, "device")}`;
  return `parley://${formatRelayAddress(relay)}/${parseName(user, "user")}${name}?ca=${ca}&t=${t}`;
}

/**
 * Parses an invite strictly: only what {@link formatInvite} makes is accepted. The token does not appear
 * in an error.
 *
 * @throws {DecodeError} `invite-malformed`
 */
export function parseInvite(text: string): Invite {
  const [, relay, user, device, ca, t] = text.length <= MAX_CHARACTERS ? PATTERN.exec(text) ?? [] : [];
  if (relay === undefined || user === undefined || ca === undefined || t === undefined) throw malformed();
  try {
    const invite = {
      relay: parseRelayAddress(relay),
      user: parseName(user, "user"),
      ...(device !== undefined && { device: parseName(device, "device") }),
      rootHash: decodeBase64Url(ca),
      token: decodeBase64Url(t),
    };
    if (invite.rootHash.length === HASH_BYTES && formatInvite(invite) === text) return invite;
  } catch (cause) {
    if (!(cause instanceof ParleyError)) throw cause;
  }
  throw malformed();
}

/** Generates an invite's token: 128 random bits. */
export function generateInviteToken(random: RandomSource): Uint8Array<ArrayBuffer> {
  return random(TOKEN_BYTES);
}

/** The SHA-256 of a token: the only form in which an authority keeps it. */
export function hashInviteToken(token: Uint8Array): Uint8Array<ArrayBuffer> {
  return digest("SHA-256", token);
}

function malformed(): DecodeError {
  return new DecodeError("invite-malformed", "cannot parse invite", {
    hint: "expected parley://HOST:PORT/USER?ca=…&t=… exactly as it was given out; quote it for the shell",
  });
}

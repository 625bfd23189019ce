import { type EnrollmentPlace, type EnrollmentRight, parseEnrollmentPlace } from "../../lib/client/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { isEnrollmentUrl, parseName, parseRelayAddress } from "../../lib/pki/mod.ts";
import type { CommandContext } from "../command.ts";
import { readAll } from "../input.ts";
import { type PasswordValues, readPassword } from "../password.ts";

/** What `parley enroll` was told of where, as whom and by what right to enrol. */
export interface EnrollmentValues extends PasswordValues {
  /** An invite, a URL without a token, or `-`. */
  readonly invite: string | undefined;
  /** The user. */
  readonly user: string | undefined;
  /** The relay. */
  readonly relay: string | undefined;
  /** The fingerprint of the authority's key. */
  readonly caFingerprint: string | undefined;
  /** Whether the operator is asked. */
  readonly request: boolean;
  /** Whether the operator's word is not waited for. */
  readonly noWait: boolean;
}

const MAX_INVITE_BYTES = 4096;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/**
 * Finds by what right to enrol; asks for the user's password where that is it.
 *
 * @throws {UsageError} enrollment-incomplete, enrollment-conflict, fingerprint-malformed, name-malformed,
 *   relay-address-malformed, and what reading a password throws
 */
export async function readEnrollmentRight(
  values: EnrollmentValues,
  context: CommandContext,
): Promise<EnrollmentRight> {
  const { request, noWait } = values;
  const text = values.invite === "-" ? await readInvite(context) : values.invite;
  if (noWait && !request) throw new UsageError("enrollment-conflict", "--no-wait goes with --request only");
  if (text !== undefined && !isEnrollmentUrl(text)) {
    if (!request) return { kind: "invite", invite: text };
    throw new UsageError("enrollment-conflict", "an invite needs no request", {
      hint: "leave out --request",
    });
  }
  const place = text === undefined ? readPlace(values) : parseEnrollmentPlace(text);
  if (!request) {
    return { kind: "password", place, password: await readPassword(values, context, place.user, false) };
  }
  return { kind: "approval", place, wait: !noWait, onCode: (code) => showCode(code, place, context) };
}

async function readInvite({ io }: CommandContext): Promise<string> {
  return new TextDecoder().decode(await readAll(io.stdin, MAX_INVITE_BYTES)).trim();
}

function readPlace({ user, relay, caFingerprint }: EnrollmentValues): EnrollmentPlace {
  if (user === undefined || relay === undefined || caFingerprint === undefined) {
    throw new UsageError("enrollment-incomplete", "where and as whom to enrol is not said", {
      hint: "give an invite, or --user, --relay and --ca-fingerprint",
    });
  }
  if (!FINGERPRINT.test(caFingerprint)) {
    throw new UsageError("fingerprint-malformed", "not a fingerprint: expected SHA256: and 43 characters", {
      hint: "'parley ca init' and 'parley ca show' print it",
    });
  }
  return {
    user: parseName(user, "user"),
    relay: parseRelayAddress(relay),
    authority: { fingerprint: caFingerprint },
  };
}

function showCode(code: string, { user }: EnrollmentPlace, { out }: CommandContext): void {
  out.result(
    { type: "request", code, user },
    `code ${code}: tell it to the operator, who approves it with parley ca requests approve ${code}`,
  );
}

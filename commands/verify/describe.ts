import {
  type ComparedDevice,
  formatSafetyNumber,
  type Verification,
  type VerificationState,
} from "../../lib/client/mod.ts";
import type { JsonRecord } from "../json_line.ts";
import type { Style } from "../style.ts";

/** A verification as `--json` gives it. */
export function verificationRecord({ user, safetyNumber, state, devices, gone }: Verification): JsonRecord {
  return {
    type: "verification",
    user,
    safetyNumber,
    verified: state === "verified",
    state,
    devices: devices.map(({ user, device, fingerprint, isNew }) => ({
      user,
      device,
      fingerprint,
      new: isNew,
    })),
    gone,
  };
}

/**
 * A verification as people see it: digits, drawing, devices, how it stands and what to do, which whoever is asked at once
 * need not be told.
 */
export function describeVerification(
  verification: Verification,
  { drawing, isAsked }: { drawing: string; isAsked: boolean },
  style: Style,
): string {
  const { user, safetyNumber, state, devices, gone } = verification;
  const width = Math.max(...devices.map((one) => nameOf(one).length));
  const rows = devices.map((one) =>
    `${nameOf(one).padEnd(width)}  ${one.fingerprint}${one.isNew ? "  new" : ""}`
  );
  return [
    formatSafetyNumber(safetyNumber),
    ...(drawing === "" ? [] : ["", drawing.trimEnd()]),
    "",
    ...rows,
    ...gone.map((device) => `${user}/${device}  is not there any more`),
    "",
    colourOf(state, style)(SENTENCES[state](user) + (isAsked ? "" : ADVICE[state]?.(user) ?? "")),
  ].join("\n");
}

const SENTENCES: Record<VerificationState, (user: string) => string> = {
  unverified: (user) => `${user} is not verified`,
  verified: (user) => `${user} is verified`,
  changed: (user) => `${user} has new devices since you compared: compare again`,
  accepted: (user) => `${user}'s new devices were accepted without comparing`,
};

const ADVICE: Partial<Record<VerificationState, (user: string) => string>> = {
  unverified: (user) => `: if ${user} sees the same digits, parley verify ${user} --confirm`,
  changed: (user) => `, then parley verify ${user} --confirm`,
};

function colourOf(state: VerificationState, style: Style): (text: string) => string {
  if (state === "verified") return style.green;
  return state === "changed" ? style.red : style.dim;
}

function nameOf({ user, device }: ComparedDevice): string {
  return `${user}/${device}`;
}

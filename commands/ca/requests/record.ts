import { type EnrollmentRequest, fingerprintOf } from "../../../lib/pki/mod.ts";
import type { JsonRecord } from "../../json_line.ts";

/** A request for enrolment as `--json` shows it. */
export function requestRecord(request: EnrollmentRequest): JsonRecord {
  const { code, user, device, spki, address, requestedAt, expiresAt, decision = "waiting" } = request;
  const fingerprint = fingerprintOf(spki);
  return { type: "request", code, user, device, fingerprint, address, requestedAt, expiresAt, decision };
}

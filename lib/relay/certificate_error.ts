import { AuthenticationError } from "../errors/mod.ts";

/** The error for a device whose certificate was revoked. */
export function certificateRevoked(): AuthenticationError {
  return new AuthenticationError("cert-revoked", "the device's certificate was revoked");
}

/** The error for a device whose certificate has ended. */
export function certificateExpired(): AuthenticationError {
  return new AuthenticationError("cert-expired", "the device's certificate has expired", {
    hint: "have it renewed",
  });
}

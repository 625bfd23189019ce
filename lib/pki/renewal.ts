import { BACKDATE_MS } from "./issue_certificate.ts";
import { DAY_MS } from "./lifetime.ts";

/** For so long after its end a device's certificate may still be renewed with its key, in milliseconds. */
export const RENEWAL_GRACE_MS = 7 * DAY_MS;

/** For how long a certificate is valid. */
export interface Validity {
  /** From when on. */
  notBefore: Date;
  /** Until when. */
  notAfter: Date;
}

/** The instant from which less than a third of a certificate's life is left: it is time to renew it. */
export function renewalDueAt({ notBefore, notAfter }: Validity): Date {
  return new Date(notAfter.getTime() - lifetimeMsOf({ notBefore, notAfter }) / 3);
}

/** How long a certificate was issued for: authorities date its beginning back for clocks that are behind. */
export function lifetimeMsOf({ notBefore, notAfter }: Validity): number {
  const wholeMs = notAfter.getTime() - notBefore.getTime();
  return wholeMs > BACKDATE_MS ? wholeMs - BACKDATE_MS : wholeMs;
}

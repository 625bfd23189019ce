/** What one check found. */
export interface Finding {
  /** What was checked, such as `certificate alice/laptop`. */
  readonly check: string;
  /** `ok`; `warn` where it works and should be looked at; `fail` where it does not work or is not safe. */
  readonly status: "ok" | "warn" | "fail";
  /** What was seen, one line without full stop. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A finding that nothing needs to be done about. */
export function ok(check: string, detail: string): Finding {
  return { check, status: "ok", detail };
}

/** A finding that should be looked at. */
export function warn(check: string, detail: string, hint: string): Finding {
  return { check, status: "warn", detail, hint };
}

/** A finding that something does not work or is not safe. */
export function fail(check: string, detail: string, hint: string): Finding {
  return { check, status: "fail", detail, hint };
}

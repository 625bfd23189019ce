/** The day of an instant in UTC, `2026-01-31`. */
export function formatDay(time: Date): string {
  return time.toISOString().slice(0, "2026-01-31".length);
}

/** An instant for people, in UTC and to the minute, `2026-01-31 23:59`. */
export function formatMinute(time: Date): string {
  return time.toISOString().slice(0, "2026-01-31T23:59".length).replace("T", " ");
}

const UNITS = ["bytes", "KB", "MB", "GB"];

/** Formats a size for people, such as `12.3 MB`; a kilobyte has 1,000 bytes. */
export function formatBytes(bytes: number): string {
  let unit = 0, value = bytes;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

import type { Summary } from "./statistics.ts";

/** What figures can be given in. */
export const UNITS = [
  "ops/s",
  "msg/s",
  "handshakes/s",
  "files/s",
  "MB/s",
  "ms",
  "µs",
  "MB",
  "KB",
  "bytes",
  "times",
] as const;

/** One of {@link UNITS}. */
export type Unit = typeof UNITS[number];

/** One figure of a benchmark. */
export interface Measurement extends Summary {
  /** The scenario that made it. */
  readonly scenario: string;
  /** What was measured; unique within its scenario. */
  readonly name: string;
  /** What the numbers are. */
  readonly unit: Unit;
  /** Bytes that one operation works on, where MB/s says something. */
  readonly bytesPerOperation?: number;
  /** What has to be known to read it: a bottleneck, a size on the wire. */
  readonly note?: string;
}

/** Whether more of a unit is better or less. */
export function betterOf(unit: Unit): "higher" | "lower" {
  return unit.endsWith("/s") ? "higher" : "lower";
}

/** Formats a number of a unit for people: three significant digits, thousands apart. */
export function formatAmount(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toFixed(digits).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}

/** The megabytes (10^6 bytes) a second of a rate; undefined where it works on no bytes. */
export function megabytesPerSecond({ median, bytesPerOperation }: Measurement): number | undefined {
  return bytesPerOperation === undefined ? undefined : median * bytesPerOperation / 1e6;
}

/** Formats a number of bytes for people, exactly. */
export function formatSize(bytes: number): string {
  if (bytes === 0 || bytes % 1024 !== 0) return `${bytes} bytes`;
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2} MiB` : `${bytes / 1024} KiB`;
}

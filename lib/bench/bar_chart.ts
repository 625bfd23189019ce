import { formatAmount, type Measurement, megabytesPerSecond } from "./measurement.ts";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MAX_BAR = 40;

/**
 * Draws the figures of one scenario as lines of text: name, bar, median with its spread, note. Bars of one
 * unit have one scale, logarithmic where the figures lie more than a hundredfold apart.
 */
export function formatBarChart(measurements: readonly Measurement[], columns: number): string {
  const nameWidth = Math.max(0, ...measurements.map(({ name }) => name.length));
  const barWidth = Math.max(8, Math.min(MAX_BAR, columns - nameWidth - 46));
  const lines = measurements.map((one) => {
    const share = shareOf(one, measurements.filter(({ unit }) => unit === one.unit));
    return `  ${one.name.padEnd(nameWidth)}  ${formatBar(share, barWidth)}  ${formatFigure(one)}`.trimEnd() +
      "\n";
  });
  return lines.join("");
}

/** How much of the full length a figure's bar or column takes, between 0 and 1. */
export function shareOf({ median }: Measurement, peers: readonly Measurement[]): number {
  const values = peers.map((peer) => peer.median).filter((value) => value > 0);
  const most = Math.max(...values), least = Math.min(...values);
  if (!(median > 0)) return 0;
  if (most / least <= 100) return median / most;
  const floor = Math.log(least) - 1;
  return (Math.log(median) - floor) / (Math.log(most) - floor);
}

/** Formats a figure with its spread, and what has to be known of it. */
export function formatFigure(measurement: Measurement): string {
  const { median, low, high, unit, rounds, note } = measurement;
  const spread = rounds > 1 ? ` (${formatAmount(low)} to ${formatAmount(high)})` : "";
  const megabytes = megabytesPerSecond(measurement);
  const parts = [
    `${formatAmount(median)} ${unit}${spread}`,
    ...(megabytes === undefined ? [] : [`${formatAmount(megabytes)} MB/s`]),
    ...(note === undefined ? [] : [note]),
  ];
  return parts.join(", ");
}

function formatBar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  return ("█".repeat(eighths >> 3) + EIGHTHS[eighths & 7]!).padEnd(width);
}

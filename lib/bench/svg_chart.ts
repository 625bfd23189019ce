import { formatFigure, shareOf } from "./bar_chart.ts";
import type { Measurement } from "./measurement.ts";
import type { Report } from "./report.ts";

const LEFT = 16, BAR_WIDTH = 300, FIGURE_WIDTH = 320, ROW_HEIGHT = 22, HEAD_HEIGHT = 64, TITLE_HEIGHT = 40;
/** A character of the chart's font takes so much at most, on the average of a name. */
const CHARACTER_WIDTH = 7, MIN_NAME_WIDTH = 300;

/** Colours with enough contrast on white, and others for a dark ground, as the reader's system asks. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328; }
    .title { font-size: 18px; font-weight: 600; } .scenario { font-size: 15px; font-weight: 600; }
    .ground { fill: #ffffff; } .bar { fill: #2563eb; } .spread { stroke: #1f2328; stroke-width: 1.5; }
    .dim { fill: #59636e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; } .ground { fill: #0d1117; } .bar { fill: #58a6ff; }
      .spread { stroke: #e6edf3; } .dim { fill: #9198a1; }
    }`;

/** Draws a report as an SVG document: a bar for each figure with its spread, by scenario, readable in light and dark. */
export function formatSvgChart(report: Report): string {
  const scenarios = [...new Set(report.measurements.map(({ scenario }) => scenario))];
  const longest = Math.max(0, ...report.measurements.map(({ name }) => name.length));
  const barAt = LEFT + Math.max(MIN_NAME_WIDTH, longest * CHARACTER_WIDTH);
  const width = barAt + BAR_WIDTH + FIGURE_WIDTH;
  const parts: string[] = [];
  let y = HEAD_HEIGHT;
  for (const scenario of scenarios) {
    const group = report.measurements.filter((one) => one.scenario === scenario);
    parts.push(formatText(LEFT, y + 24, scenario, "scenario"));
    y += TITLE_HEIGHT;
    for (const measurement of group) {
      parts.push(formatRow(measurement, group, barAt, y));
      y += ROW_HEIGHT;
    }
  }
  const { program, runtime, platform, cores } = report.environment;
  const where = `${program}, ${runtime}, ${platform}, ${cores} cores, ${report.startedAt}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 16}" role="img" ` +
    `aria-label="Figures of parley bench">\n  <style>${STYLE}\n  </style>\n` +
    `  <rect class="ground" width="${width}" height="${y + 16}"/>\n` +
    formatText(LEFT, 30, "parley bench", "title") + formatText(LEFT, 50, where, "dim") +
    `${parts.join("")}</svg>\n`;
}

function formatRow(
  measurement: Measurement,
  group: readonly Measurement[],
  barAt: number,
  y: number,
): string {
  const peers = group.filter(({ unit }) => unit === measurement.unit);
  const lengthOf = (median: number) => {
    const share = Math.max(0, Math.min(1, shareOf({ ...measurement, median }, peers)));
    return Math.round(share * BAR_WIDTH * 10) / 10;
  };
  const length = lengthOf(measurement.median), middle = y + ROW_HEIGHT / 2;
  const from = barAt + lengthOf(measurement.low), to = barAt + lengthOf(measurement.high);
  const spread = `<line class="spread" x1="${from}" y1="${middle}" x2="${to}" y2="${middle}"/>`;
  return formatText(LEFT, y + 15, measurement.name) +
    `  <rect class="bar" x="${barAt}" y="${y + 4}" width="${length}" height="${ROW_HEIGHT - 8}" rx="2"/>\n` +
    (measurement.rounds > 1 ? `  ${spread}\n` : "") +
    formatText(barAt + BAR_WIDTH + 12, y + 15, formatFigure({ ...measurement, note: undefined }), "dim");
}

function formatText(x: number, y: number, text: string, style?: string): string {
  const attribute = style === undefined ? "" : ` class="${style}"`;
  return `  <text x="${x}" y="${y}"${attribute}>${escapeXml(text)}</text>\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

import type { TransferProgress } from "../../lib/client/mod.ts";
import type { CommandContext } from "../command.ts";
import { formatBytes } from "../history/format_bytes.ts";
import { formatJsonLine } from "../json_line.ts";
import { printable } from "../printable.ts";
import { graphemes, graphemeWidth, textWidth } from "../terminal/text_width.ts";

/** How far the transfer of one of several files is. */
export interface NamedProgress extends TransferProgress {
  /** The file's name, as somebody gave it. */
  name: string;
  /** Its number, from 1. */
  number: number;
  /** How many there are. */
  count: number;
}

const BAR_INTERVAL_MS = 100;
const JSON_INTERVAL_MS = 1_000;
/** The rate is that of this long. */
const RATE_WINDOW_MS = 5_000;
/** How long the bar and the name are; on a narrow terminal they are shortened, the bar first. */
const MAX_BAR_COLUMNS = 20, MIN_BAR_COLUMNS = 5;
const MAX_NAME_COLUMNS = 32, MIN_NAME_COLUMNS = 8;
/** Stay free behind the bar: the terminal writes ^C there, and in a row that it has filled the next one would begin. */
const FREE_COLUMNS = 3;

const DOING: Record<TransferProgress["phase"], string> = {
  spooling: "reading",
  checking: "checking",
  sending: "sending",
  receiving: "receiving",
};

/**
 * Shows how far a transfer is, with its rate and the time that is left: a bar on a terminal, or with `--json` an object
 * a second on standard error; elsewhere nothing.
 */
export class TransferBar implements Disposable {
  readonly #context: CommandContext;
  #shows: "bar" | "json" | "nothing";
  /** What was done when, of the file and phase that are under way. */
  #samples: { at: number; doneBytes: number }[] = [];
  #what = "";
  #shownAt = -Infinity;
  #isThere = false;

  /** Shows nothing yet. */
  constructor(context: CommandContext) {
    this.#context = context;
    const { io, options } = context;
    const isTerminal = io.stderr.isTerminal() && io.env("TERM") !== "dumb";
    this.#shows = options.quiet ? "nothing" : options.json ? "json" : isTerminal ? "bar" : "nothing";
    context.signal.addEventListener("abort", this.#onStop);
  }

  /** The command may end at once, and nothing after it takes the bar away. */
  readonly #onStop = (): void => {
    this.clear();
    this.#shows = "nothing";
  };

  /** Takes note of progress, and shows it where it is time. */
  show(progress: NamedProgress): void {
    if (this.#shows === "nothing") return;
    const now = this.#context.io.now();
    this.#sample(progress, now);
    const isDone = progress.doneBytes === progress.totalBytes;
    const intervalMs = this.#shows === "json" ? JSON_INTERVAL_MS : BAR_INTERVAL_MS;
    if (now - this.#shownAt < intervalMs && !(isDone && this.#isThere)) return;
    // Whatever is over within the first second needs no word.
    if (this.#shows === "json" && this.#shownAt === -Infinity) {
      this.#shownAt = now;
      return;
    }
    this.#shownAt = now;
    if (this.#shows === "bar") return this.#draw(progress, now);
    const { phase, name, number, count, doneBytes, totalBytes } = progress;
    this.#context.io.stderr.write(
      formatJsonLine({ type: "progress", phase, name, number, count, doneBytes, totalBytes }),
    );
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#isThere) this.#context.io.stderr.write("\r\x1b[K");
    this.#isThere = false;
  }

  [Symbol.dispose](): void {
    this.#context.signal.removeEventListener("abort", this.#onStop);
    this.clear();
  }

  #sample({ number, phase, doneBytes }: NamedProgress, at: number): void {
    const what = `${number} ${phase}`;
    if (what !== this.#what) this.#samples = [];
    this.#what = what;
    const last = this.#samples.at(-1);
    if (last !== undefined && at - last.at < BAR_INTERVAL_MS) last.doneBytes = doneBytes;
    else this.#samples.push({ at, doneBytes });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > RATE_WINDOW_MS) this.#samples.shift();
  }

  #draw(progress: NamedProgress, now: number): void {
    const { stderr } = this.#context.io;
    const first = this.#samples[0]!;
    const seconds = (now - first.at) / 1_000;
    const rate = seconds > 0 ? (progress.doneBytes - first.doneBytes) / seconds : undefined;
    const columns = stderr.columns() - FREE_COLUMNS;
    stderr.write(`\r\x1b[K${cut(formatProgress(progress, rate, columns), columns)}`);
    this.#isThere = true;
  }
}

/** Formats progress for people, if possible in so many columns; `rate` in bytes a second, undefined where it is not known. */
export function formatProgress(progress: NamedProgress, rate: number | undefined, columns: number): string {
  const { doneBytes, totalBytes } = progress;
  const speed = rate === undefined || rate <= 0 ? [] : [`${formatBytes(Math.round(rate))}/s`];
  if (totalBytes === undefined) {
    const rest = [formatBytes(doneBytes), ...speed];
    return [formatTitle(progress, columns - widthBehind(rest)), ...rest].join(GAP);
  }
  const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
  const left = rate === undefined || rate <= 0 || share === 1
    ? []
    : [`${formatSeconds((totalBytes - doneBytes) / rate)} left`];
  const rest = [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`, ...speed, ...left];
  const room = columns - widthBehind(rest) - GAP.length - PERCENT_COLUMNS;
  const title = formatTitle(progress, room - MIN_BAR_COLUMNS);
  const bar = Math.max(MIN_BAR_COLUMNS, Math.min(MAX_BAR_COLUMNS, room - textWidth(title)));
  return [title, formatBar(share, bar), ...rest].join(GAP);
}

const GAP = "  ";
const PERCENT_COLUMNS = 4;

function widthBehind(parts: string[]): number {
  return parts.reduce((sum, part) => sum + GAP.length + textWidth(part), 0);
}

function formatTitle({ phase, name, number, count }: NamedProgress, columns: number): string {
  const which = count > 1 ? ` (${number} of ${count})` : "";
  const room = columns - DOING[phase].length - 1 - which.length;
  const nameColumns = Math.max(MIN_NAME_COLUMNS, Math.min(MAX_NAME_COLUMNS, room));
  return `${DOING[phase]} ${cut(printable(name), nameColumns)}${which}`;
}

function formatBar(share: number, columns: number): string {
  const filled = Math.round(share * columns);
  const percent = `${Math.floor(share * 100)}%`.padStart(PERCENT_COLUMNS);
  return "█".repeat(filled) + "░".repeat(columns - filled) + percent;
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor(whole % 3_600 / 60)} min`;
}

/** Cuts a text to so many columns. */
function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const grapheme of graphemes(text)) {
    width += graphemeWidth(grapheme);
    if (width > columns) break;
    kept += grapheme;
  }
  return `${kept}…`;
}

import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { choice, float, integer } from "@optique/core/valueparser";
import {
  compareReports,
  type Comparison,
  findDifferences,
  formatAmount,
  formatBarChart,
  formatReport,
  formatSvgChart,
  type Measurement,
  parseReport,
  PARTS,
  type Report,
  runBench,
  runPart,
  type Scenario,
  scenarios,
  splitLines,
} from "../lib/bench/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import { writeFileAtomically } from "../lib/store/mod.ts";
import { assertMayStartItself, ownProgram } from "./bench/own_program.ts";
import { Progress } from "./bench/progress.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { readInputFile } from "./input_file.ts";
import { path } from "./path_value.ts";
import { printable } from "./printable.ts";
import { version } from "./version.ts";

const NAMES = ["crypto", "session", "relay", "files", "group", "profiles", "all"] as const;
/** A message of the load generator carries a mark and a time. */
const MIN_BYTES = 24, MAX_BYTES = 60 * 1024;
const USUAL_BYTES = 1024;
/** As large as a file may be. */
const MAX_FILE_BYTES = 2 ** 40;
const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/** `parley bench`. */
export const bench = defineCommand({
  description:
    "crypto measures every primitive and suite, session what begins a conversation and MLS by the size of the " +
    "group, relay a relay on this machine with its durable storage, files a large file and many small ones through " +
    "it beside a plain TCP copy, group what a group of many costs its members and the relay, profiles the five " +
    "classic systems side by side. " +
    "Each figure is warmed up, measured in several rounds and given as median with the least and the greatest. " +
    "Relay and load generator are processes of their own, with their files in the folder for temporary files: " +
    "to measure another disk, set TMPDIR. Ctrl-C prints what is done.",
  examples: [
    { line: "parley bench", does: "Measure everything, one second a figure" },
    { line: "parley bench crypto --size 16384", does: "Measure the cryptography on 16 KiB" },
    {
      line: "parley bench relay --clients 50 --duration 5 --report now.json --svg now.svg",
      does: "Measure a relay with 50 pairs of clients, keep the report and draw it",
    },
    { line: "parley bench files --size 1073741824", does: "Send and receive a file of 1 GiB" },
    { line: "parley bench crypto --compare now.json", does: "Say what became faster or slower since" },
  ],
  parser: object({
    scenario: withDefault(
      argument(choice(NAMES, { metavar: "SCENARIO" }), {
        description: message`What is measured`,
      }),
      "all" as const,
    ),
    seconds: withDefault(
      option("--duration", float({ metavar: "SECONDS", min: 0.01, max: 600 }), {
        description: message`How long each figure is measured`,
      }),
      1,
    ),
    clients: optional(option("--clients", integer({ metavar: "N", min: 1, max: 2_000 }), {
      description:
        message`relay: pairs of clients (default: 10, then 100); group: members (default: 10, then 100)`,
    })),
    size: optional(option("--size", integer({ metavar: "BYTES", min: MIN_BYTES, max: MAX_FILE_BYTES }), {
      description:
        message`The size of a message (default: 1024); files: of the large file (default: 268435456, less where there is little time or room)`,
    })),
    report: optional(option("--report", path("FILE", "file"), {
      description: message`Write a report in JSON; an older file is replaced`,
    })),
    svg: optional(option("--svg", path("FILE", "file"), {
      description: message`Draw the figures; an older file is replaced`,
    })),
    compare: optional(option("--compare", path("FILE", "file"), {
      description: message`Compare with an older report`,
    })),
    // The parts of a benchmark that this command starts as processes of their own.
    part: optional(option("--part", choice(PARTS), { hidden: true })),
  }),
  stopsItself: true,
  async execute({ part, scenario, seconds, clients, size, report: target, svg, compare }, context) {
    // Ctrl-C reaches parts, too; they end when the process that started them closes their input.
    if (part !== undefined) return await runPart(part, partChannel(context));
    if (scenario !== "files" && size !== undefined && size > MAX_BYTES) {
      throw new UsageError("size-out-of-range", `a message has at most ${MAX_BYTES} bytes`, {
        hint: "--size is that of a file only with parley bench files",
      });
    }
    if (scenario !== "crypto") assertMayStartItself();
    const before = compare === undefined ? undefined : await readReport(compare, context);
    const progress = new Progress(context);
    const report = await runBench({
      chosen: scenarios.filter(({ name }) => scenario === "all" || name === scenario),
      programName: `parley ${version}`,
      now: new Date(context.io.now()),
      durationMs: seconds * 1_000,
      sizeBytes: scenario === "files" ? USUAL_BYTES : size ?? USUAL_BYTES,
      ...(scenario === "files" && size !== undefined && { fileBytes: size }),
      ...(clients !== undefined && { clients }),
      program: ownProgram(),
      signal: context.signal,
      onProgress: (doing) => progress.show(doing),
      onScenario: (scenario, measurements) => {
        progress.clear();
        showScenario(scenario, measurements, context);
      },
    }).finally(() => progress.clear());
    if (before !== undefined) showComparison(before, report, context);
    if (target !== undefined) writeResult(context.resolve(target), formatReport(report));
    if (svg !== undefined) writeResult(context.resolve(svg), formatSvgChart(report));
    context.signal.throwIfAborted();
  },
});

function partChannel({ io }: CommandContext) {
  const write = (line: string) => io.stdout.write(line + "\n");
  return { lines: splitLines(io.stdin.chunks()), write };
}

async function readReport(file: string, context: CommandContext): Promise<Report> {
  return parseReport(new TextDecoder().decode(await readInputFile(context.resolve(file), MAX_REPORT_BYTES)));
}

function writeResult(path: string, text: string): void {
  writeFileAtomically(path, text, { force: true });
}

function showScenario(
  { name, brief }: Scenario,
  measurements: readonly Measurement[],
  context: CommandContext,
) {
  const { out, io } = context;
  if (out.json) {
    for (const measurement of measurements) out.result({ type: "measurement", ...measurement }, "");
    return;
  }
  const columns = io.stdout.columns();
  out.result({}, (style) => `${style.bold(name)}: ${brief}\n${formatBarChart(measurements, columns)}\n`);
}

function showComparison(before: Report, after: Report, { out }: CommandContext): void {
  for (const difference of findDifferences(before, after)) {
    out.note(`made under other circumstances: ${printable(difference)}`);
  }
  for (const { before: old, after: now, ratio, verdict } of compareReports(before, after)) {
    const { scenario, name, unit } = now;
    const record = { scenario, name, unit, before: old.median, after: now.median, ratio, verdict };
    out.result({ type: "comparison", ...record }, formatComparison(old, now, ratio, verdict));
  }
}

const VERDICTS = { better: ", better", worse: ", worse", unclear: "" } as const;

function formatComparison(
  before: Measurement,
  { name, unit, median }: Measurement,
  ratio: number | undefined,
  verdict: Comparison["verdict"],
): string {
  const times = ratio === undefined ? "" : `, ${ratio.toFixed(2)} times`;
  return `${name}: ${formatAmount(before.median)} to ${formatAmount(median)} ${unit}${times}${
    VERDICTS[verdict]
  }`;
}

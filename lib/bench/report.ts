import * as v from "valibot";
import { DecodeError } from "../errors/mod.ts";
import type { Environment } from "./environment.ts";
import { type Measurement, UNITS } from "./measurement.ts";

/** The version of the report's form. It changes with every change that a reader of the last one would trip over. */
export const REPORT_VERSION = 1;

/**
 * What a run of `parley bench` found, as `--report` writes it and `--compare` reads it: one JSON object.
 *
 * ```text
 * format        "parley-bench"
 * version       1
 * startedAt     when it began, ISO 8601
 * complete      false where it was stopped before its end
 * environment   program, runtime, platform, cores
 * settings      durationMs, sizeBytes, clients and fileBytes (where given)
 * measurements  [{scenario, name, unit, median, low, high, rounds, bytesPerOperation?, note?}]
 * ```
 */
export interface Report {
  /** Tells it from other JSON. */
  readonly format: "parley-bench";
  /** See {@link REPORT_VERSION}. */
  readonly version: 1;
  /** When it began, ISO 8601. */
  readonly startedAt: string;
  /** Whether everything that was asked for is in it. */
  readonly complete: boolean;
  /** Where it ran. */
  readonly environment: Environment;
  /** What it was told. */
  readonly settings: ReportSettings;
  /** The figures in the order in which they were made. */
  readonly measurements: readonly Measurement[];
}

/** What decides over the figures besides the machine. */
export interface ReportSettings {
  /** How long each figure was measured. */
  readonly durationMs: number;
  /** Pairs of clients, where that was given. */
  readonly clients?: number;
  /** Bytes of a message. */
  readonly sizeBytes: number;
  /** Bytes of a file, where that was given. */
  readonly fileBytes?: number;
}

const number = v.pipe(v.number(), v.finite(), v.minValue(0));
const measurementSchema = v.object({
  scenario: v.string(),
  name: v.string(),
  unit: v.picklist(UNITS),
  median: number,
  low: number,
  high: number,
  rounds: number,
  bytesPerOperation: v.optional(number),
  note: v.optional(v.string()),
});
const reportSchema: v.GenericSchema<unknown, Report> = v.object({
  format: v.literal("parley-bench"),
  version: v.literal(REPORT_VERSION),
  startedAt: v.string(),
  complete: v.boolean(),
  environment: v.object({
    program: v.string(),
    runtime: v.string(),
    platform: v.string(),
    cores: number,
  }),
  settings: v.object({
    durationMs: number,
    clients: v.optional(number),
    sizeBytes: number,
    fileBytes: v.optional(number),
  }),
  measurements: v.array(measurementSchema),
});

/** Formats a report as JSON, for a file. */
export function formatReport(report: Report): string {
  return JSON.stringify(report, undefined, 2) + "\n";
}

/**
 * Reads a report. Fields that it does not know are left out.
 *
 * @throws {DecodeError} `report-malformed`
 */
export function parseReport(text: string): Report {
  try {
    return v.parse(reportSchema, JSON.parse(text));
  } catch (cause) {
    throw new DecodeError("report-malformed", "this is no report of parley bench that can be read", {
      hint: `it takes what --report of this version wrote (format parley-bench, version ${REPORT_VERSION})`,
      cause,
    });
  }
}

/**
 * Benchmarks: scenarios, statistics, reports, comparisons and charts.
 *
 * @module
 */
export { formatBarChart, formatFigure } from "./bar_chart.ts";
export { compareReports, type Comparison, findDifferences } from "./compare_reports.ts";
export { type Environment } from "./environment.ts";
export { formatAmount, type Measurement, type Unit, UNITS } from "./measurement.ts";
export { type PartChannel, type PartName, PARTS, runPart, splitLines } from "./part.ts";
export { formatReport, parseReport, type Report, REPORT_VERSION, type ReportSettings } from "./report.ts";
export { type BenchOptions, runBench, scenarios } from "./run_bench.ts";
export { type Recorder, type Scenario, type ScenarioSettings } from "./scenario.ts";
export { judge, mediansOfRounds, percentile, summarize, type Summary, type Verdict } from "./statistics.ts";
export { formatSvgChart } from "./svg_chart.ts";

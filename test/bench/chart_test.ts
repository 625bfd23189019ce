import assert from "node:assert/strict";
import { formatAmount, formatBarChart, formatSvgChart } from "../../lib/bench/mod.ts";
import { figure, reportOf } from "./fixture.ts";

Deno.test("formatBarChart() draws bars of one unit in proportion", () => {
  const text = formatBarChart(
    [figure("fast", 100), figure("half", 50), figure("other", 3, { unit: "ms" })],
    80,
  );
  const bars = text.split("\n").filter(Boolean).map((line) => (line.match(/[█▏▎▍▌▋▊▉]/g) ?? []).length);
  assert(Math.abs(bars[0]! - 2 * bars[1]!) <= 1, `${bars}`);
  assert.equal(bars[2], bars[0]);
  assert.match(text, /^ {2}fast {3}█+ +100 ops\/s \(90\.0 to 110\)$/m);
});

Deno.test("formatBarChart() shows small figures beside large ones, MB/s, notes, and single rounds without spread", () => {
  const one = figure("slow", 1, { rounds: 1, note: "a note" });
  const text = formatBarChart([figure("fast", 1e6, { bytesPerOperation: 1024 }), one], 120);
  assert.match(text, /slow {2}\S+ +1\.00 ops\/s, a note$/m);
  assert.match(text, /1,000,000 ops\/s \(900,000 to 1,100,000\), 1,024 MB\/s$/m);
  assert.match(formatBarChart([figure("none", 0)], 80), /0\.000 ops/);
});

Deno.test("formatAmount() gives three digits and sets thousands apart", () => {
  assert.deepEqual([0.1234, 1.234, 12.34, 123.4, 1234567].map(formatAmount), [
    "0.123",
    "1.23",
    "12.3",
    "123",
    "1,234,567",
  ]);
});

Deno.test("formatSvgChart() gives long names the room that they take", () => {
  const name = "x".repeat(60);
  const [, width, barAt] = formatSvgChart(reportOf(figure(name, 1))).match(
    /viewBox="0 0 (\d+) [^]*class="bar" x="(\d+)"/,
  )!.map(Number) as [number, number, number];
  assert(barAt >= 60 * 7 && width >= barAt + 600, `${barAt} of ${width}`);
});

Deno.test("formatSvgChart() draws every figure, for light and dark, and escapes names", () => {
  const svg = formatSvgChart(reportOf(figure("a <b> & c", 10), figure("d", 5)));
  assert.equal(svg.match(/class="bar"/g)?.length, 2);
  assert(svg.includes("a &#60;b&#62; &#38; c") && !svg.includes("<b>"));
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, /<rect class="bar" x="316" y="\d+" width="300"/);
  assert.match(svg, /<rect class="bar" x="316" y="\d+" width="150"/);
  assert.match(svg, /^<svg [^>]+>[^]*<\/svg>\n$/);
  assert(!/NaN|undefined|Infinity/.test(svg + formatSvgChart(reportOf())));
});

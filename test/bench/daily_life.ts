/**
 * What a person waits for, with whole processes, a real relay and a durable answer:
 *
 *     deno task bench:daily
 *
 * @module
 */
import assert from "node:assert/strict";
import { parley, Running } from "../support/parley.ts";
import { Stage } from "../support/stage.ts";

const ROUNDS = 11;
const MESSAGES = 1_000;

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Prints the median and the spread of some runs in milliseconds. */
function report(what: string, values: number[]): void {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  console.log(
    `${what.padEnd(46)} ${median(values).toFixed(0)} ms   (${least.toFixed(0)} to ${most.toFixed(0)})`,
  );
}

async function repeat(work: (round: number) => Promise<unknown>, rounds = ROUNDS): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push(await timed(() => work(round)));
  return values;
}

console.log(
  `deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${Deno.build.target}, ${ROUNDS} runs each`,
);
const contacts = Array.from({ length: ROUNDS }, (_, i) => `contact${i}`);
await using stage = await Stage.open("alice", "bob", ...contacts);
await stage.send("alice", "bob", "warm up");

report("parley --version", await repeat(() => parley(["--version"], stage.folder)));
report("parley --help", await repeat(() => parley(["--help"], stage.folder)));
report("send, cold start to durable answer", await repeat((i) => stage.send("alice", "bob", `number ${i}`)));
report(
  "send, first message to a new contact",
  await repeat((i) => stage.send("alice", contacts[i]!, "hello")),
);
report("inbox, cold start, one message", await repeat((i) => stage.inbox(contacts[i]!)));

await stage.inbox("bob");
await using bob = new Running(["inbox", "--follow", "--json"], stage.home("bob"));
const lines = Array.from({ length: MESSAGES }, (_, i) => `line ${i}`).join("\n");
const elapsed = await timed(async () => {
  const { code, stderr } = await parley(["connect", "bob"], stage.home("alice"), lines);
  assert.equal(code, 0, stderr);
  await bob.count(MESSAGES);
});
const texts = bob.lines.map((line) => JSON.parse(line).text);
assert.deepEqual(texts, lines.split("\n"), "lost, repeated or out of order");
const rate = (MESSAGES / elapsed * 1_000).toFixed(0);
console.log(
  `${MESSAGES} messages, start to last shown`.padEnd(46) +
    ` ${elapsed.toFixed(0)} ms   (${rate} messages a second)`,
);

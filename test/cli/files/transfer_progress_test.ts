import assert from "node:assert/strict";
import { formatProgress, TransferBar } from "../../../commands/files/transfer_progress.ts";
import { Output } from "../../../commands/output.ts";
import type { CommandContext } from "../../../commands/command.ts";
import { FakeIo } from "../../support/fake_io.ts";

const MB = 1_000_000;
const half = {
  phase: "sending",
  name: "a.iso",
  number: 1,
  count: 1,
  doneBytes: 5 * MB,
  totalBytes: 10 * MB,
} as const;

function barOn(
  io: FakeIo,
  options: { json?: boolean; quiet?: boolean } = {},
  { signal } = new AbortController(),
): TransferBar {
  const values = { json: false, quiet: false, ...options } as CommandContext["options"];
  const context = { io, out: new Output(io, values), options: values, home: "/", signal, resolve: String };
  return new TransferBar(context);
}

Deno.test("formatProgress() gives what is done, the rate and the time that is left", () => {
  assert.equal(
    formatProgress(half, 2 * MB, 100),
    "sending a.iso  ██████████░░░░░░░░░░ 50%  5.0 MB of 10.0 MB  2.0 MB/s  3 s left",
  );
  assert.equal(
    formatProgress({ ...half, number: 2, count: 3 }, 1_000, 100),
    "sending a.iso (2 of 3)  ██████████░░░░░░░░░░ 50%  5.0 MB of 10.0 MB  1.0 KB/s  1 h 23 min left",
  );
  assert.equal(
    formatProgress({ ...half, phase: "spooling", totalBytes: undefined }, undefined, 100),
    "reading a.iso  5.0 MB",
  );
  assert.match(
    formatProgress({ ...half, doneBytes: 10 * MB }, MB, 100),
    /100% {2}10\.0 MB of 10\.0 MB {2}1\.0 MB\/s$/,
  );
  assert.match(
    formatProgress({ ...half, doneBytes: 0, totalBytes: 0 }, undefined, 100),
    /100% {2}0 bytes of 0 bytes$/,
  );
});

Deno.test("formatProgress() shows no control character of a name, and cuts a long one", () => {
  assert.match(formatProgress({ ...half, name: "a\x1b[2Jb" }, undefined, 100), /^sending a␛\[2Jb {2}/);
  assert.match(
    formatProgress({ ...half, name: "日本".repeat(40) }, undefined, 100),
    /^sending (日本){7}日… {2}/,
  );
});

Deno.test("formatProgress() shortens the bar and then the name, and keeps the time that is left", () => {
  const large = { ...half, name: "holiday pictures.tar", doneBytes: 425.5 * MB, totalBytes: 3_000 * MB };
  const lines = [79, 60, 20].map((columns) => formatProgress(large, 170.1 * MB, columns));
  assert.deepEqual(lines, [
    "sending holiday pictures…  █░░░░ 14%  425.5 MB of 3.0 GB  170.1 MB/s  16 s left",
    "sending holiday…  █░░░░ 14%  425.5 MB of 3.0 GB  170.1 MB/s  16 s left",
    "sending holiday…  █░░░░ 14%  425.5 MB of 3.0 GB  170.1 MB/s  16 s left",
  ]);
});

Deno.test("TransferBar draws one line over the other on a terminal, within its width, and takes it away", () => {
  const io = new FakeIo({ terminal: true, columns: 40 });
  const bar = barOn(io);
  bar.show({ ...half, doneBytes: MB });
  io.time += 50;
  bar.show({ ...half, doneBytes: 2 * MB });
  io.time += 1_000;
  bar.show(half);
  bar.clear();
  const [before, first, second, ...rest] = io.stderr.text.split("\r\x1b[K");
  assert.deepEqual([before, rest], ["", [""]]);
  assert.match(first!, /^sending a\.iso {2}█░░░░ 10/);
  assert.match(second!, /^sending a\.iso {2}███░░ 50/);
  // Else ^C, which the terminal writes behind it, would fill the row and begin another.
  assert.ok(second!.length <= 37);
  assert.equal(io.stdout.text, "");
});

Deno.test("TransferBar takes the bar away when the command is asked to stop, and draws none after that", () => {
  const io = new FakeIo({ terminal: true });
  const stop = new AbortController();
  const bar = barOn(io, {}, stop);
  bar.show(half);
  stop.abort();
  const { text } = io.stderr;
  assert(text.includes("sending a.iso") && text.endsWith("\r\x1b[K"));
  io.time += 1_000;
  bar.show({ ...half, doneBytes: 6 * MB });
  bar.clear();
  assert.equal(io.stderr.text, text);
});

Deno.test("TransferBar writes nothing where there is no terminal, nor with --quiet, nor to a dumb one", () => {
  const dumb = new FakeIo({ terminal: true, env: { TERM: "dumb" } });
  for (
    const [io, options] of [[new FakeIo(), {}], [new FakeIo({ terminal: true }), { quiet: true }], [
      dumb,
      {},
    ]] as const
  ) {
    using bar = barOn(io, options);
    for (let i = 0; i < 100; i++, io.time += 100) bar.show({ ...half, doneBytes: i });
    assert.equal(io.stderr.text + io.stdout.text, "");
  }
});

Deno.test("TransferBar writes an object a second to standard error with --json, and nothing for a short transfer", () => {
  const io = new FakeIo();
  const bar = barOn(io, { json: true });
  bar.show({ ...half, doneBytes: MB });
  io.time += 900;
  bar.show({ ...half, doneBytes: 2 * MB });
  assert.equal(io.stderr.text, "");
  io.time += 200;
  bar.show(half);
  assert.deepEqual(JSON.parse(io.stderr.text), { type: "progress", ...half });
});

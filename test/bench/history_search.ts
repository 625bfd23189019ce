/**
 * Measures the history at 100,000 messages: adding, reading a page, searching for what is rare, frequent and not
 * there, the first search with making the index. Prints the median of five runs, and the processor time of one. Run with `deno run -A test/bench/history_search.ts`.
 */
import process from "node:process";
import { decodeContent, encodeText } from "../../lib/client/content/mod.ts";
import { addMessage } from "../../lib/client/history/add_message.ts";
import { toHistoryLine } from "../../lib/client/history/history_line.ts";
import { searchConversation } from "../../lib/client/history/search.ts";
import type { VisibleContent } from "../../lib/client/history/index_content.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import { CellCipher, ClientStore } from "../../lib/store/mod.ts";

const MESSAGES = 100_000;
const CONVERSATIONS = 2;
const BATCH = 2_000;
const RUNS = 5;
const WORDS = "the quick brown fox jumps over a lazy dog while it rains in the harbour of old Ålesund".split(
  " ",
);

const folder = await Deno.makeTempDir({ prefix: "parley-history-" });
const cipher = new CellCipher(systemRandom(32), systemRandom);
const store = ClientStore.open(folder, { cipher, holder: "bench" });
try {
  await fill();
  const mailbox = "direct:alice,bob";
  const search = (text: string) => () => searchConversation(store, { mailbox }, text, 100);
  const withoutIndex = store.sizeBytes();
  await measure("first search, not there", 1, search("unobtainium"));
  console.log(`index: ${((store.sizeBytes() - withoutIndex) / 1e6).toFixed(1)} MB`);
  await measure(
    "page of 100 lines",
    RUNS,
    () => store.history.page({ mailbox }, 100).map((row) => toHistoryLine(row, store)),
  );
  await measure("search, not there", RUNS, search("unobtainium"));
  await measure("search, one in 10,000", RUNS, search("NEEDLE"));
  await measure("search, in every line", RUNS, search("the"));
  await measure("search, not ASCII", RUNS, search("ålesund 77"));
  console.log(`database: ${(store.sizeBytes() / 1e6).toFixed(1)} MB`);
} finally {
  await store.close();
  await Deno.remove(folder, { recursive: true });
}

async function measure(
  name: string,
  runs: number,
  work: () => unknown[] | Promise<unknown[]>,
): Promise<void> {
  const times: number[] = [];
  let found = 0;
  const processor = process.cpuUsage();
  for (let run = 0; run < runs; run++) {
    const began = performance.now();
    found = (await work()).length;
    times.push(performance.now() - began);
  }
  const { user, system } = process.cpuUsage(processor);
  const median = times.sort((a, b) => a - b)[runs >> 1]!;
  const perRun = (user + system) / 1_000 / runs;
  console.log(`${name}: ${median.toFixed(1)} ms, ${perRun.toFixed(1)} ms of processor, ${found} found`);
}

async function fill(): Promise<void> {
  const began = performance.now();
  for (let first = 0; first < MESSAGES * CONVERSATIONS; first += BATCH) {
    await store.transaction(() => {
      for (let i = first; i < first + BATCH; i++) add(i);
    });
  }
  const perMessage = (performance.now() - began) / (MESSAGES * CONVERSATIONS);
  console.log(
    `added ${MESSAGES * CONVERSATIONS} in ${CONVERSATIONS} conversations: ${
      (perMessage * 1_000).toFixed(0)
    } µs each`,
  );
}

function add(i: number): void {
  const words = Array.from({ length: 12 }, (_, j) => WORDS[(i * 7 + j * 3) % WORDS.length]);
  const text = `the ${words.join(" ")} ${i}${i % 20_000 === 0 ? " needle" : ""}`;
  const content = encodeText(text, systemRandom);
  addMessage(store, {
    ...{
      id: systemRandom(16),
      mailbox: i % CONVERSATIONS === 0 ? "direct:alice,bob" : "direct:alice,carol",
      seq: i,
    },
    ...{ user: "bob", device: "one", time: 1_700_000_000_000 + i, outgoing: false, content },
    decoded: decodeContent(content) as VisibleContent,
  }, 1_700_000_000_000);
}

/**
 * Measures how many 1 KB messages a second the relay's storage accepts, alone, in batches as they would arrive in
 * one turn of the event loop. Run: `deno run -A test/bench/mailbox_store.ts`
 */
import { createConversation, fakeMessage, openStore, randomId } from "../support/mailbox_fixture.ts";

const BODY_BYTES = 1_024;
const SECONDS = 2;
const alice = { user: "alice", device: "laptop" };

async function measure(batch: number, conversations: number): Promise<{ perSecond: number; p99Ms: number }> {
  const folder = await Deno.makeTempDir();
  const store = openStore(folder);
  const targets: { mailbox: string; message: Uint8Array<ArrayBuffer> }[] = [];
  await store.registerDevice(alice, "key");
  for (let i = 0; i < conversations; i++) {
    const mailbox = await createConversation(store, alice);
    targets.push({ mailbox, message: fakeMessage(mailbox, 1, BODY_BYTES) });
  }
  const times: number[] = [];
  let count = 0;
  const start = performance.now();
  while (performance.now() - start < SECONDS * 1_000) {
    const begin = performance.now();
    await Promise.all(Array.from({ length: batch }, () => {
      const target = targets[count++ % targets.length]!;
      return store.append({ ...target, from: alice, id: randomId() });
    }));
    times.push(performance.now() - begin);
  }
  const perSecond = count / ((performance.now() - start) / 1_000);
  await store.close();
  await Deno.remove(folder, { recursive: true });
  times.sort((a, b) => a - b);
  return { perSecond, p99Ms: times[Math.floor(times.length * 0.99)]! };
}

for (const batch of [1, 10, 100, 1_000]) {
  const { perSecond, p99Ms } = await measure(batch, 10);
  console.log(`batch ${batch}: ${Math.round(perSecond)} appends/s, p99 of a batch ${p99Ms.toFixed(2)} ms`);
}

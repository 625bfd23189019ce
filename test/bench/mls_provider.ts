/**
 * Measures our MLS provider against ts-mls' own: `deno run test/bench/mls_provider.ts [rounds]`.
 * Prints the environment, then median and 90th percentile in milliseconds and their ratio.
 */
import { cpus } from "node:os";
import {
  type CiphersuiteImpl,
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  type CryptoProvider,
  defaultCapabilities,
  defaultCryptoProvider,
  defaultLifetime,
  emptyPskIndex,
  generateKeyPackage,
  getCiphersuiteFromName,
  joinGroup,
  processPrivateMessage,
} from "ts-mls";
import { defaultSuite, webCryptoProvider } from "../../lib/mls/provider.ts";

interface Member {
  state: ClientState;
}

type Samples = Record<string, number[]>;

const rounds = Number(Deno.args[0] ?? 40);

if (import.meta.main) {
  console.log(
    `Deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}, ${
      cpus()[0]?.model
    }, ${cpus().length} cores`,
  );
  console.log(`${defaultSuite}, ${rounds} rounds; milliseconds: median (90th percentile)`);
  const theirs: Samples = {};
  const ours: Samples = {};
  // Alternating, so that a change of the machine's mood meets both.
  for (let turn = 0; turn < 3; turn++) {
    await measure(defaultCryptoProvider, theirs);
    await measure(webCryptoProvider, ours);
  }
  for (const name of Object.keys(ours)) {
    const before = summarize(theirs[name] ?? []);
    const after = summarize(ours[name] ?? []);
    console.log(
      `${name.padEnd(36)} ts-mls ${before.text.padEnd(16)} parley ${after.text.padEnd(16)} ${
        (before.median / after.median).toFixed(1)
      }x`,
    );
  }
}

async function measure(provider: CryptoProvider, samples: Samples): Promise<void> {
  const suite = await provider.getCiphersuiteImpl(getCiphersuiteFromName(defaultSuite));
  for (const size of [2, 100]) await measureMessages(suite, size, samples);
  for (const size of [2, 10, 100]) await measureCommits(suite, size, samples);
}

async function measureMessages(suite: CiphersuiteImpl, size: number, samples: Samples): Promise<void> {
  const [alice, bob] = await createMembers(suite, size);
  if (alice === undefined || bob === undefined) throw new Error("unreachable");
  const message = new Uint8Array(256);
  for (let i = 0; i < rounds; i++) {
    const sent = await timed(
      samples,
      `application message, create, ${size} members`,
      () => createApplicationMessage(alice.state, message, suite),
    );
    alice.state = sent.newState;
    const received = await timed(
      samples,
      `that message, process, ${size} members`,
      () => processPrivateMessage(bob.state, sent.privateMessage, emptyPskIndex, suite),
    );
    bob.state = received.newState;
  }
}

async function measureCommits(suite: CiphersuiteImpl, size: number, samples: Samples): Promise<void> {
  const [alice, bob] = await createMembers(suite, size);
  if (alice === undefined || bob === undefined) throw new Error("unreachable");
  for (let i = 0; i < rounds / 4; i++) {
    const { publicPackage } = await createKeyPackage(suite, `joiner ${i}`);
    const result = await timed(
      samples,
      `commit that adds one, ${size} members`,
      () =>
        createCommit({ state: alice.state, cipherSuite: suite }, {
          extraProposals: [{ proposalType: "add", add: { keyPackage: publicPackage } }],
        }),
    );
    const { commit } = result;
    if (commit.wireformat !== "mls_private_message") throw new Error("unreachable");
    // Both states are thrown away, so that every round is a commit to the same group.
    await timed(
      samples,
      `that commit, process, ${size} members`,
      () => processPrivateMessage(bob.state, commit.privateMessage, emptyPskIndex, suite),
    );
  }
  for (let i = 0; i < rounds / 4; i++) {
    const { commit } = await timed(
      samples,
      `self-update, ${size} members`,
      () => createCommit({ state: alice.state, cipherSuite: suite }),
    );
    if (commit.wireformat !== "mls_private_message") throw new Error("unreachable");
    await timed(
      samples,
      `self-update, process, ${size} members`,
      () => processPrivateMessage(bob.state, commit.privateMessage, emptyPskIndex, suite),
    );
  }
}

/** A group of `size`; the first two members' states are returned. */
async function createMembers(suite: CiphersuiteImpl, size: number): Promise<Member[]> {
  const alice = await createKeyPackage(suite, "alice");
  const group = new TextEncoder().encode("bench");
  let state = await createGroup(group, alice.publicPackage, alice.privatePackage, [], suite);
  const others = await Promise.all(
    Array.from({ length: size - 1 }, (_, i) => createKeyPackage(suite, `member ${i}`)),
  );
  const { newState, welcome } = await createCommit({ state, cipherSuite: suite }, {
    extraProposals: others.map(({ publicPackage }) => ({
      proposalType: "add",
      add: { keyPackage: publicPackage },
    })),
    ratchetTreeExtension: true,
  });
  state = newState;
  const bob = others[0];
  if (welcome === undefined || bob === undefined) throw new Error("unreachable");
  const joined = await joinGroup(welcome, bob.publicPackage, bob.privatePackage, emptyPskIndex, suite);
  return [{ state }, { state: joined }];
}

function createKeyPackage(suite: CiphersuiteImpl, name: string) {
  const credential = { credentialType: "basic" as const, identity: new TextEncoder().encode(name) };
  return generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite);
}

async function timed<T>(samples: Samples, name: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await action();
  (samples[name] ??= []).push(performance.now() - start);
  return result;
}

function summarize(samples: number[]): { median: number; text: string } {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  return { median: at(0.5), text: `${at(0.5).toFixed(2)} (${at(0.9).toFixed(2)})` };
}

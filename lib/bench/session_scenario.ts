import { enroll } from "../client/mod.ts";
import {
  createCommit,
  defaultSuite,
  interoperableSuite,
  processCommit,
  type SupportedSuite,
} from "../mls/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { measureRate } from "./measure_rate.ts";
import {
  GROUP_SIZES,
  isWorthMaking,
  open,
  seal,
  type StagedGroup,
  stageGroup,
  stageKeyPackage,
  stageMember,
} from "./mls_stage.ts";
import { RelayStage } from "./relay_stage.ts";
import { mediansOfRounds } from "./statistics.ts";
import type { Recorder, ScenarioSettings } from "./scenario.ts";

const SUITES: readonly (readonly [title: string, suite: SupportedSuite])[] = [
  ["X-Wing", defaultSuite],
  ["X25519", interoperableSuite],
];
const ROUNDS = 5;

/** `session`: what begins a conversation and goes on in it. */
export async function runSessionScenario(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await measureConnections(settings, record);
  for (const [title, suite] of SUITES) await measureSuite(title, suite, settings, record);
}

async function measureConnections(settings: ScenarioSettings, record: Recorder): Promise<void> {
  await using stage = await RelayStage.open(settings.program);
  const device = await stage.device("session", "d");
  settings.onProgress("TLS mutual handshake");
  const handshake = async () => await (await stage.connect(device)).close();
  record("TLS 1.3 mutual handshake and close", "ops/s", await measureRate(handshake, settings));
  settings.onProgress("first exchange");
  record("first exchange on a new connection", "ms", await measureFirstExchange(stage, settings));
  settings.onProgress("enrolment");
  record("enrolment", "ms", await measureEnrolment(stage, settings), {
    note: "key, request, challenge, certificate, and all of it on disk",
  });
}

async function measureFirstExchange(stage: RelayStage, { signal }: ScenarioSettings): Promise<number[]> {
  const device = await stage.device("first", "d");
  const times: number[] = [];
  while (times.length < ROUNDS) {
    signal.throwIfAborted();
    const connection = await stage.connect(device);
    const began = performance.now();
    await connection.request("hello", { version: 1, agent: "parley-bench" });
    times.push(performance.now() - began);
    await connection.close();
  }
  return times;
}

async function measureEnrolment(stage: RelayStage, { signal }: ScenarioSettings): Promise<number[]> {
  const times: number[] = [];
  while (times.length < ROUNDS) {
    signal.throwIfAborted();
    const relay = { host: "127.0.0.1", port: stage.port };
    const { invite } = stage.ca.authority.createInvite({ user: `user${times.length}`, relay });
    const began = performance.now();
    const right = { kind: "invite", invite } as const;
    await enroll({ home: `${stage.folder}/home`, right, device: "d", agent: "parley-bench", signal });
    times.push(performance.now() - began);
  }
  return times;
}

async function measureSuite(
  title: string,
  suite: SupportedSuite,
  settings: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const context = await stageMember("alice", suite);
  settings.onProgress(`MLS key package, ${title}`);
  const { message } = await stageKeyPackage(context);
  record(`${title}: key package`, "ops/s", await measureRate(() => stageKeyPackage(context), settings), {
    note: `${message.length} bytes`,
  });
  let perMemberMs = 0;
  for (const size of GROUP_SIZES) {
    if (!isWorthMaking(size, perMemberMs, settings)) break;
    settings.onProgress(`${title}: making a group of ${size}`);
    const began = performance.now();
    const group = await stageGroup(size, suite, settings.signal);
    perMemberMs = (performance.now() - began) / size;
    await measureGroup(`${title}, ${size} members`, group, settings, record);
  }
}

async function measureGroup(
  title: string,
  { suite, author, member, welcomeBytes, addMs, joinMs }: StagedGroup,
  settings: ScenarioSettings,
  record: Recorder,
): Promise<void> {
  const { sizeBytes, signal, durationMs, onProgress } = settings;
  record(`${title}: add all`, "ms", [addMs], { note: `welcome ${welcomeBytes} bytes` });
  record(`${title}: join`, "ms", [joinMs]);
  const plaintext = systemRandom(sizeBytes);
  const newcomer = await stageKeyPackage(
    await stageMember("newcomer", suite),
  );
  const times = { create: [], process: [], commit: [], follow: [] } as Record<string, number[]>;
  const began = performance.now();
  let messageBytes = 0, commitBytes = 0;
  onProgress(`${title}: messages and commits`);
  do {
    signal.throwIfAborted();
    const message = await timed(times.create!, () => seal(author, plaintext));
    await timed(times.process!, () => open(member, message));
    messageBytes = message.length;
  } while (times.create!.length < ROUNDS || performance.now() - began < durationMs / 2);
  const middle = performance.now();
  do {
    signal.throwIfAborted();
    // Neither keeps the state after it, so that every round is a commit to the same group.
    const change = { add: [newcomer.message] };
    const { commit } = await timed(times.commit!, () => createCommit(author.context, author.group, change));
    await timed(times.follow!, () => processCommit(member.context, member.group, commit));
    commitBytes = commit.length;
  } while (times.commit!.length < ROUNDS || performance.now() - middle < durationMs / 2);
  record(`${title}: message, create`, "ms", mediansOfRounds(times.create!, ROUNDS), {
    note: `${messageBytes} bytes for ${sizeBytes}`,
  });
  record(`${title}: message, process`, "ms", mediansOfRounds(times.process!, ROUNDS));
  record(`${title}: commit that adds one, create`, "ms", mediansOfRounds(times.commit!, ROUNDS), {
    note: `${commitBytes} bytes`,
  });
  record(`${title}: commit that adds one, process`, "ms", mediansOfRounds(times.follow!, ROUNDS));
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  times.push(performance.now() - began);
  return result;
}

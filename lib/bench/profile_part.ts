import { systemRandom } from "../crypto/mod.ts";
import { InternalError } from "../errors/mod.ts";
import { type Dialect, importParts, type KeyFile, type Profile, profiles } from "../legacy/mod.ts";
import {
  createRootCertificate,
  createServerCertificate,
  generateKeyPair,
  parseCertificate,
} from "../pki/mod.ts";
import { type PartChannel, readJson } from "./part.ts";
import { type ProfileRun, runProfileLoad } from "./profile_load.ts";
import { profileSubjects } from "./profile_loads.ts";
import { processUsage } from "./relay_part.ts";

/** What the server of a classic system is told first. */
export interface ProfileSetup {
  /** Its name after `--profile`. */
  profile: string;
  /** What it speaks. */
  dialect: Dialect;
  /** An empty folder for its files. */
  folder: string;
}

/** Where it listens. */
export interface ProfileStarted {
  /** Its port on 127.0.0.1. */
  port: number;
}

/** What the load generator is told first; then each line is a {@link ProfileRun}. */
export interface ProfileLoadSetup extends ProfileStarted {
  /** One of the names of the subjects. */
  subject: string;
  /** The server's folder. */
  folder: string;
}

/** What came of a run. */
export interface ProfileRunResult {
  /** How long it took. */
  elapsedMs: number;
  /** The share of one core that the generator used. */
  generatorLoad: number;
}

const DAY_MS = 86_400_000;

/** Runs the server of a classic system; answers every further line with what it has used. */
export async function runProfilePart({ lines, write }: PartChannel): Promise<void> {
  const setup = await readJson<ProfileSetup>(lines);
  if (setup === undefined) return;
  const { folder, dialect } = setup;
  const profile = await profiles[setup.profile]!();
  if (profile.certified) {
    for (const { name, text } of await makeCertifiedKeys(profile)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
  }
  const server = await profile.serve({
    folder,
    dialect,
    hostname: "127.0.0.1",
    ports: [0],
    now: () => Date.now(),
    random: systemRandom,
    settings: {},
    log() {},
  });
  try {
    write(JSON.stringify({ port: server.addresses[0]!.port } satisfies ProfileStarted));
    while (await readJson(lines) !== undefined) write(JSON.stringify(processUsage()));
  } finally {
    await server.close();
  }
}

/** Keys and certificates of everybody, by an authority that nobody keeps. */
export async function makeCertifiedKeys(profile: Profile): Promise<readonly KeyFile[]> {
  if (profile.makeKeys === undefined) throw new InternalError(`${profile.name} has no keys to be made`);
  const lifetime = { now: new Date(), lifetimeMs: DAY_MS, random: systemRandom };
  const keys = await generateKeyPair("ed25519");
  const root = await createRootCertificate({ ...lifetime, name: "parley bench", keys });
  const issuer = { certificate: parseCertificate(root), key: keys.privateKey };
  return await profile.makeKeys({
    names: [],
    issuer: { issue: (name, spki) => createServerCertificate({ ...lifetime, spki, names: [name] }, issuer) },
  });
}

/** Sends messages through the server of a classic system. */
export async function runProfileLoadPart({ lines, write }: PartChannel): Promise<void> {
  const setup = await readJson<ProfileLoadSetup>(lines);
  if (setup === undefined) return;
  const { port, folder, subject } = setup;
  const load = await profileSubjects[subject]!.open({ port, folder, parts: await importParts() });
  write("{}");
  for (
    let run = await readJson<ProfileRun>(lines);
    run !== undefined;
    run = await readJson<ProfileRun>(lines)
  ) {
    const before = processUsage();
    const elapsedMs = await runProfileLoad(load, run);
    const generatorLoad = (processUsage().cpuMs - before.cpuMs) / elapsedMs;
    write(JSON.stringify({ elapsedMs, generatorLoad } satisfies ProfileRunResult));
  }
}

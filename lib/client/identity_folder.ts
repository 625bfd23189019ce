import * as v from "valibot";
import { StorageError, UsageError } from "../errors/mod.ts";
import { writeFileAtomically } from "../store/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../wire/mod.ts";

/** What an identity's `identity.json` says. */
export interface IdentityFacts {
  /** The user. */
  user: string;
  /** The device. */
  device: string;
  /** The relay's name or address. */
  host: string;
  /** The relay's port. */
  port: number;
}

const nameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/));
const factsSchema = v.strictObject({
  version: v.literal(1),
  user: nameSchema,
  device: nameSchema,
  host: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
});

/** The files of an identity, beside its database. */
export const identityFiles = {
  facts: "identity.json",
  /** PKCS#8 PEM, encrypted where there is a passphrase. */
  key: "device.key",
  /** The certificate chain in PEM, without the root. */
  certificates: "device.crt",
  /** The root certificate in PEM: all that is trusted. */
  root: "ca.crt",
  /** The newest CRL in DER. */
  crl: "ca.crl",
  storageKey: "storage.key",
} as const;

/** Where an identity lives in a data folder: `identities/USER/DEVICE`. */
export function identityPath(home: string, ref: DeviceRef): string {
  return `${home}/identities/${ref.user}/${ref.device}`;
}

/** Writes a file that only its owner may read, whole or not at all. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  writeFileAtomically(path, content, { mode: 0o600, force: true });
}

/** Writes an identity's facts. */
export function writeIdentityFacts(folder: string, facts: IdentityFacts): void {
  writePrivateFile(
    `${folder}/${identityFiles.facts}`,
    JSON.stringify({ version: 1, ...facts }, null, 2) + "\n",
  );
}

/**
 * Reads an identity's facts.
 *
 * @throws {StorageError} `identity-damaged`
 */
export async function readIdentityFacts(folder: string): Promise<IdentityFacts> {
  try {
    const { user, device, host, port } = v.parse(factsSchema, JSON.parse(await readText(folder, "facts")));
    return { user, device, host, port };
  } catch (cause) {
    throw new StorageError("identity-damaged", "the identity's folder cannot be read", { cause });
  }
}

/** Reads one of an identity's text files. */
export function readText(folder: string, file: keyof typeof identityFiles): Promise<string> {
  return Deno.readTextFile(`${folder}/${identityFiles[file]}`);
}

/** Lists the identities of a data folder, in the order of their names. */
export async function listIdentities(home: string): Promise<DeviceRef[]> {
  const found: DeviceRef[] = [];
  for (const user of await listFolders(`${home}/identities`)) {
    for (const device of await listFolders(`${home}/identities/${user}`)) found.push({ user, device });
  }
  return found;
}

/**
 * Chooses an identity of a data folder: the one that `as` (`USER` or `USER/DEVICE`) names, or the only one.
 *
 * @throws {UsageError} `no-identity`, `identity-unknown`, `identity-ambiguous`
 */
export async function selectIdentity(home: string, as: string | undefined): Promise<DeviceRef> {
  const all = await listIdentities(home);
  if (all.length === 0) {
    throw new UsageError("no-identity", "there is no identity in the data folder yet", {
      hint: "enrol with 'parley enroll INVITE', or choose another folder with --home or PARLEY_HOME",
    });
  }
  const [user, device] = as?.split("/") ?? [];
  const matching = all.filter((one) =>
    as === undefined || (one.user === user && (device === undefined || one.device === device))
  );
  const [only, ...others] = matching;
  if (only !== undefined && others.length === 0) return only;
  const names = (matching.length > 0 ? matching : all).slice(0, 10).map(formatDeviceRef).join(", ");
  throw matching.length > 0
    ? new UsageError("identity-ambiguous", "the data folder holds more than one such identity", {
      hint: `choose one with --as: ${names}`,
    })
    : new UsageError("identity-unknown", `there is no identity ${JSON.stringify(as)} in the data folder`, {
      hint: `the data folder holds ${names}`,
    });
}

async function listFolders(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.isDirectory && v.is(nameSchema, entry.name)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

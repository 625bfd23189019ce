import { join } from "node:path";
import { systemRandom } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { DAY_MS, exportPrivateKey, generateKeyPair } from "../pki/mod.ts";
import { initCa, type InitCaOptions, openCa, refuseExistingCa, writeCaFiles } from "./ca_store.ts";
import { fileIsThere } from "./write_file_atomically.ts";

/** An authority in two parts. */
export interface IntermediateCa {
  /** The root's certificate, DER. */
  root: Uint8Array<ArrayBuffer>;
  /** The issuing authority's certificate, DER. */
  issuing: Uint8Array<ArrayBuffer>;
}

/** How to make an authority in two parts. */
export interface InitIntermediateCaOptions extends InitCaOptions {
  /** A root that is there, with its passphrase where it has one; without it a new root is made in `DIR/root`. */
  existingRoot?: { dir: string; passphrase?: () => Promise<Uint8Array> };
}

const TEN_YEARS_MS = 3_650 * DAY_MS;
const ROOT_SUFFIX = " Root";

/** The folder of the root within the folder of an authority in two parts. */
export function rootCaFolder(dir: string): string {
  return join(dir, "root");
}

/**
 * Makes an authority in two parts: a root in `DIR/root`, named `NAME Root`, and below it an issuing authority in
 * `DIR`. `DIR/ca.crt` holds the issuing certificate and the root's, so `DIR` works alone and `DIR/root` can be
 * taken elsewhere: it is needed again only to revoke the issuing authority or to make another one. Both keys rest
 * under the same passphrase.
 *
 * @throws what {@link initCa} throws
 */
export async function initIntermediateCa(
  dir: string,
  options: InitIntermediateCaOptions,
): Promise<IntermediateCa> {
  const { algorithm = "ed25519", force = false, passphrase, random = systemRandom } = options;
  const lifetimeMs = options.lifetimeMs ?? TEN_YEARS_MS;
  if (!force) refuseExisting(dir, options.existingRoot === undefined);
  const root = options.existingRoot ?? await makeRoot(dir, { ...options, lifetimeMs });
  using opened = openCa(root.dir, {
    random,
    ...(root.passphrase !== undefined && { passphrase: root.passphrase }),
    ...(options.clock !== undefined && { clock: options.clock }),
  });
  const keys = await generateKeyPair(algorithm);
  const { certificate } = await opened.authority.issueAuthority({
    name: options.name,
    spki: keys.spki,
    lifetimeMs,
  });
  const issuing = new Uint8Array(certificate);
  const key = await exportPrivateKey(keys.privateKey, passphrase && { passphrase, random });
  writeCaFiles(dir, { key, chain: [issuing, ...opened.authority.chain], force });
  return { root: opened.authority.root, issuing };
}

async function makeRoot(
  dir: string,
  options: InitCaOptions,
): Promise<NonNullable<InitIntermediateCaOptions["existingRoot"]>> {
  const { passphrase } = options;
  const rootDir = rootCaFolder(dir);
  await initCa(rootDir, { ...options, name: options.name + ROOT_SUFFIX, pathLength: 1 });
  return { dir: rootDir, ...(passphrase && { passphrase: () => Promise.resolve(passphrase) }) };
}

function refuseExisting(dir: string, makesRoot: boolean): void {
  refuseExistingCa(dir);
  const rootDir = rootCaFolder(dir);
  if (!makesRoot || !fileIsThere(join(rootDir, "ca.crt"))) return;
  throw new UsageError("ca-incomplete", `${rootDir} holds a root without an issuing authority in ${dir}`, {
    hint: "keep it with --root, or use --force to begin again",
  });
}

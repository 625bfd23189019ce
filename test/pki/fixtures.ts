import { parsePem } from "../../lib/bytes/mod.ts";
import { importPrivateKey, type KeyPair } from "../../lib/pki/mod.ts";

/** The folder of the fixtures. */
export const certsFolder = new URL("../../certs/", import.meta.url).pathname;

/** A time at which the good fixtures are valid. */
export const fixtureTime = new Date("2027-01-01T00:00:00Z");

/** A certificate or CRL of `certs/`, DER. */
export function fixture(file: string): Uint8Array<ArrayBuffer> {
  return parsePem(Deno.readTextFileSync(certsFolder + file))[0]!.bytes;
}

/** A key of `certs/`. */
export function fixtureKeys(file: string): Promise<KeyPair> {
  return importPrivateKey(Deno.readTextFileSync(certsFolder + file));
}

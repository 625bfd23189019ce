import { identityPath, readIdentityFacts } from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import { hashCertificate, parseCertificates, verifyChain } from "../../lib/pki/mod.ts";
import { type ChainCheck, dial } from "../../lib/transport/mod.ts";
import { type DeviceRef, PROTOCOL_VERSION } from "../../lib/wire/mod.ts";
import { printable } from "../printable.ts";
import { agent } from "../version.ts";
import { compareClocks } from "./clock.ts";
import { fail, type Finding, ok } from "./finding.ts";

const TIMEOUT_MS = 5_000;

/** How to reach the relays. */
export interface RelayCheckOptions {
  /** The data folder. */
  readonly home: string;
  /** The present time in milliseconds. */
  now(): number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/**
 * Connects to an identity's relay the way that someone does who only knows the authority: is it reached, is its
 * chain good, does it answer, and what time has it? Needs no key of the identity.
 */
export async function checkRelay(ref: DeviceRef, options: RelayCheckOptions): Promise<Finding[]> {
  const folder = identityPath(options.home, ref);
  let check = `relay of ${ref.user}/${ref.device}`;
  try {
    const relay = await readIdentityFacts(folder);
    check = `relay ${printable(relay.host)}:${relay.port}`;
    return await greet(check, relay, parseCertificates(await Deno.readTextFile(`${folder}/ca.crt`)), options);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    return [
      fail(check, printable(error.message), printable(error.hint ?? "is it the right relay, and running?")),
    ];
  }
}

async function greet(
  check: string,
  { host, port }: { host: string; port: number },
  roots: Uint8Array[],
  { now, signal }: RelayCheckOptions,
): Promise<Finding[]> {
  const checkServer = serverCheck(host, roots, now);
  const connection = await dial({ host, port, checkServer, signal, handshakeTimeoutMs: TIMEOUT_MS });
  try {
    const sentMs = now();
    const hello = await connection.request("hello", { version: PROTOCOL_VERSION, agent }, {
      timeoutMs: TIMEOUT_MS,
    });
    const receivedMs = now();
    return [
      ok(check, `reached, with a good chain; it answers in ${Math.max(receivedMs - sentMs, 1)} ms`),
      compareClocks(`clock of ${check}`, hello.time, { sentMs, receivedMs }),
    ];
  } finally {
    await connection.close();
  }
}

function serverCheck(serverName: string, roots: Uint8Array[], now: () => number): ChainCheck {
  return async (chain) => {
    const verified = await verifyChain({ chain, roots, usage: "server", now: new Date(now()), serverName });
    const { serial, notAfter, certificate } = verified;
    return { serial, notAfter, fingerprint: hashCertificate(certificate).toHex() };
  };
}

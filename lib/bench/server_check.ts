import { encodeHex } from "../bytes/mod.ts";
import { ChainVerifier, hashCertificate } from "../pki/mod.ts";
import type { ChainCheck } from "../transport/mod.ts";

/** Checks the certificate of a relay on 127.0.0.1, as every client does. */
export function createServerCheck(root: Uint8Array): ChainCheck {
  const verifier = new ChainVerifier({ roots: [root] });
  return async (chain) => {
    const request = { chain, usage: "server" as const, serverName: "127.0.0.1", now: new Date() };
    const { serial, notAfter, certificate } = await verifier.verify(request);
    return { serial, notAfter, fingerprint: encodeHex(hashCertificate(certificate)) };
  };
}

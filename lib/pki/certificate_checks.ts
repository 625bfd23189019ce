import { AuthenticationError, DecodeError } from "../errors/mod.ts";
import type { Certificate } from "./certificate.ts";
import { ExtendedKeyUsage } from "./certificate_extensions.ts";
import { type Identity, parseIdentityUri } from "./identity.ts";
import { parseIpAddress } from "./ip_address.ts";
import { checkSigningKey } from "./key_pair.ts";
import { parsePublicKeyInfo } from "./public_key_info.ts";
import { parseServerName } from "./server_name.ts";
import { parseSignatureAlgorithm } from "./signature.ts";

/** What a certificate is presented for. */
export type CertificateUsage = "server" | "device";

/**
 * Checks what can be checked on one certificate of a path alone: algorithms and extensions.
 *
 * @throws {AuthenticationError} `cert-algorithm`, `cert-extension`
 */
export function checkForm(certificate: Certificate): void {
  parseSignatureAlgorithm(certificate.signed.algorithm);
  try {
    checkSigningKey(parsePublicKeyInfo(certificate.spki));
  } catch (cause) {
    const unsupported = cause instanceof DecodeError && cause.code === "key-unsupported";
    if (!unsupported && !(cause instanceof AuthenticationError)) throw cause;
    throw refused("cert-algorithm", cause.message, { cause });
  }
  const [unknown] = certificate.extensions.notUnderstood;
  if (unknown !== undefined) throw refused("cert-extension", `extension ${unknown} is not understood`);
}

/**
 * Checks validity with an allowance for clocks that differ.
 *
 * @throws {AuthenticationError} `cert-not-yet-valid`, `cert-expired`
 */
export function checkValidity(certificate: Certificate, now: Date, clockSkewMs: number): void {
  if (now.getTime() < certificate.notBefore.getTime() - clockSkewMs) {
    throw refused("cert-not-yet-valid", `not valid before ${certificate.notBefore.toISOString()}`, {
      hint: "check the clock of this machine",
    });
  }
  if (now.getTime() > certificate.notAfter.getTime() + clockSkewMs) {
    throw refused("cert-expired", `expired on ${certificate.notAfter.toISOString()}`);
  }
}

/**
 * Checks that a leaf is one, and made for this usage. The authorities above it may be narrowed to usages
 * too (extendedKeyUsage in a CA certificate): then the leaf's must be among them.
 *
 * @throws {AuthenticationError} `cert-usage`
 */
export function checkUsage(path: Certificate[], usage: CertificateUsage): void {
  const [leaf, ...authorities] = path;
  const wanted = usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const extensions = leaf?.extensions;
  if (extensions?.basicConstraints?.isCa === true) throw refused("cert-usage", "it is that of an authority");
  // RFC 5280 §4.2.1.3: only an authority's key may sign certificates.
  if (extensions?.keyUsage?.includes("keyCertSign")) {
    throw refused("cert-usage", "its key signs certificates");
  }
  if (extensions?.keyUsage?.includes("digitalSignature") !== true) {
    throw refused("cert-usage", "its key is not for signatures");
  }
  const narrowing = authorities.map((one) => one.extensions.extendedKeyUsage).filter((one) =>
    one !== undefined
  );
  for (const usages of [extensions.extendedKeyUsage ?? [], ...narrowing]) {
    if (!usages.includes(wanted)) throw refused("cert-usage", `it is not made for a ${usage}`);
  }
}

/**
 * Reads the identity of a device certificate: its only subjectAltName is the URI `parley:USER/DEVICE`.
 *
 * @throws {AuthenticationError} `cert-name`
 */
export function readIdentity(leaf: Certificate): Identity {
  const names = leaf.extensions.subjectAltNames;
  const [uri, ...more] = names?.uris ?? [];
  const others = more.length + (names?.dnsNames.length ?? 0) + (names?.ipAddresses.length ?? 0) +
    (names?.otherCount ?? 0);
  if (uri === undefined || others > 0) throw refused("cert-name", "it does not name exactly one device");
  try {
    return parseIdentityUri(uri);
  } catch (cause) {
    throw refused("cert-name", "it does not name a device", { cause });
  }
}

/**
 * The names of a server certificate: DNS names in lower case, and addresses. A dNSName that looks like an address
 * is neither (RFC 9525 §6.3): addresses stand in iPAddress.
 */
export function readServerNames(leaf: Certificate): string[] {
  const names = leaf.extensions.subjectAltNames;
  const dnsNames = names?.dnsNames.filter((name) => parseIpAddress(name) === undefined) ?? [];
  return [...dnsNames.map((name) => name.toLowerCase()), ...names?.ipAddresses ?? []];
}

/**
 * Checks that a server certificate names the server that was dialled (RFC 9525 §6). Wildcards do not match.
 *
 * @throws {AuthenticationError} `cert-name`
 * @throws {UsageError} `server-name-malformed`
 */
export function checkServerName(serverNames: string[], dialled: string): void {
  if (serverNames.includes(parseServerName(dialled).text)) return;
  throw refused("cert-name", `it is not that of ${JSON.stringify(dialled)}`);
}

function refused(
  code: string,
  reason: string,
  options?: { hint?: string; cause?: unknown },
): AuthenticationError {
  return new AuthenticationError(code, `certificate refused: ${reason}`, options);
}

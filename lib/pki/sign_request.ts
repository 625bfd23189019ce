import { AuthenticationError, UsageError } from "../errors/mod.ts";
import type { Issuance } from "./ca_log.ts";
import type { CertificateAuthority } from "./certificate_authority.ts";
import { type CertificateRequest, verifyCertificateRequest } from "./certificate_request.ts";
import { formatDistinguishedName } from "./distinguished_name.ts";
import { type Identity, parseIdentityUri } from "./identity.ts";

/** A certificate request, and what the authority's operator says about it. */
export interface SignRequestOptions {
  /** The PKCS#10 request, DER. */
  csr: Uint8Array;
  /** Names to certify instead of those asked for: a server's or a device's. */
  subject?: { server: string[] } | { device: Identity };
  /** How long the certificate is valid. Default one year. */
  lifetimeMs?: number;
}

/** What became of a request. */
export interface SignedRequest {
  /** The certificate. */
  issuance: Issuance;
  /** What the request asked for and did not get. */
  ignored: string[];
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const EXTENSION_NAMES: Record<string, string> = {
  "2.5.29.14": "subjectKeyIdentifier",
  "2.5.29.15": "keyUsage",
  "2.5.29.19": "basicConstraints",
  "2.5.29.37": "extendedKeyUsage",
  [SUBJECT_ALT_NAME]: "subjectAltName",
};

/**
 * Signs a certificate request. The policy: the key is taken if it is strong enough and has signed the request.
 * Names are taken from subjectAltName, either DNS names and IP addresses (a server) or one URI `parley:USER/DEVICE`
 * (a device), unless the operator gives others. Key usages follow from that; the subject, the usages and
 * everything else that is asked for is ignored and told. A request to be an authority is refused.
 *
 * @throws {DecodeError} `csr-malformed`, `key-unsupported`
 * @throws {AuthenticationError} `csr-signature`, `csr-refused`, `key-weak`, `cert-algorithm`, `device-exists`
 * @throws {UsageError} `csr-names-missing`, `name-malformed`, `server-name-malformed`, `lifetime-malformed`,
 * `ca-expired`
 */
export async function signRequest(
  authority: CertificateAuthority,
  { csr, subject, lifetimeMs }: SignRequestOptions,
): Promise<SignedRequest> {
  const request = await verifyCertificateRequest(csr);
  if (request.extensions.basicConstraints?.isCa === true) {
    throw refused("it asks to be an authority");
  }
  const granted = subject ?? readSubject(request);
  const options = { spki: request.spki, ...(lifetimeMs !== undefined && { lifetimeMs }) };
  const issuance = "server" in granted
    ? await authority.issueServer({ ...options, names: granted.server })
    : await authority.issueDevice({ ...options, ...granted.device });
  return { issuance, ignored: listIgnored(request, issuance, subject !== undefined) };
}

function readSubject({ extensions }: CertificateRequest): { server: string[] } | { device: Identity } {
  const { uris = [], dnsNames = [], ipAddresses = [], otherCount = 0 } = extensions.subjectAltNames ?? {};
  const server = [...dnsNames, ...ipAddresses];
  const [uri, ...more] = uris;
  if (otherCount > 0 || more.length > 0 || (uri !== undefined && server.length > 0)) {
    throw refused("it asks for other names than those of one server or one device", {
      hint: "say with --server or --device which names to certify",
    });
  }
  if (uri !== undefined) return { device: parseIdentityUri(uri) };
  if (server.length > 0) return { server };
  throw new UsageError("csr-names-missing", "the certificate request names nobody in subjectAltName", {
    hint: "say with --server or --device which names to certify",
  });
}

function listIgnored(request: CertificateRequest, issuance: Issuance, isOverruled: boolean): string[] {
  const subject = formatDistinguishedName(request.subject);
  const extensions = request.requested.filter((oid) => isOverruled || oid !== SUBJECT_ALT_NAME);
  return [
    ...(subject === "" || subject === `CN=${issuance.names[0]}` ? [] : [`subject ${subject}`]),
    ...extensions.map((oid) => EXTENSION_NAMES[oid] ?? oid),
  ];
}

function refused(reason: string, options?: { hint: string }): AuthenticationError {
  return new AuthenticationError("csr-refused", `certificate request refused: ${reason}`, options);
}

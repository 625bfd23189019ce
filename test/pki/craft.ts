import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type Certificate, type KeyPair, parseCertificate } from "../../lib/pki/mod.ts";

/** A certificate as parley itself would never issue it. Everything has a harmless default. */
export interface Craft {
  keys: KeyPair;
  subject?: string;
  issuer?: Crafted;
  extensions?: x509.Extension[];
  notBefore?: string;
  notAfter?: string;
  /** Default: the issuer's key, or the certificate's own. */
  signingKey?: CryptoKey;
}

/** A crafted certificate and its key. */
export interface Crafted {
  der: Uint8Array<ArrayBuffer>;
  readonly certificate: Certificate;
  key: CryptoKey;
}

const flags = x509.KeyUsageFlags;
let serial = 1;

/** Makes it, with @peculiar/x509. */
export async function craft(what: Craft): Promise<Crafted> {
  const subject = new x509.Name(what.subject ?? "CN=crafted");
  const issuer = what.issuer && new x509.Name(new Uint8Array(what.issuer.certificate.subject));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (0x10_0000 + serial++).toString(16),
    subject,
    issuer: issuer ?? subject,
    notBefore: new Date(what.notBefore ?? "2026-01-01"),
    notAfter: new Date(what.notAfter ?? "2036-01-01"),
    publicKey: what.keys.publicKey,
    signingKey: what.signingKey ?? what.issuer?.key ?? what.keys.privateKey,
    extensions: what.extensions ?? [],
  });
  const der = new Uint8Array(certificate.rawData);
  return {
    der,
    // Some are crafted to be undecodable.
    get certificate() {
      return parseCertificate(der);
    },
    key: what.keys.privateKey,
  };
}

/** What makes an authority. */
export function authority(pathLength?: number): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(flags.keyCertSign | flags.cRLSign, true),
  ];
}

/** What makes a device. */
export function device(uri = "parley:alice/laptop"): x509.Extension[] {
  return [
    new x509.KeyUsagesExtension(flags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: "url", value: uri }]),
  ];
}

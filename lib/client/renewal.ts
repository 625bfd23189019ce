import { equalBytes } from "../bytes/mod.ts";
import { AuthenticationError } from "../errors/mod.ts";
import { formatCertificates, parseCertificate, parseCertificates, renewalDueAt } from "../pki/mod.ts";
import type { ClientConnection } from "../transport/mod.ts";
import type { Identity } from "./identity.ts";
import { identityFiles, readText, writePrivateFile } from "./identity_folder.ts";

/** The serial number of an identity's present certificate. */
export function serialOf({ mls }: Pick<Identity, "mls">): string {
  return parseCertificate(mls.certificates[0]!).serial;
}

/** When an identity's certificate is to be renewed. */
export function identityRenewalDueAt({ mls }: Identity): Date {
  return renewalDueAt(parseCertificate(mls.certificates[0]!));
}

/** Takes up the certificate that another process of this identity has got since. */
export async function reloadCertificate(identity: Identity): Promise<void> {
  const pem = await readText(identity.folder, "certificates");
  if (pem !== identity.tls.certificatesPem) adopt(identity, pem);
}

/**
 * Has the relay renew this device's certificate for the key that it has, and keeps the new one: on disk in one
 * step, and in memory. Changes nothing where the authority sees no need yet.
 *
 * @throws {AuthenticationError} what the authority refuses it with; `cert-name` where what it issued is not
 * this device's
 */
export async function renewCertificate(identity: Identity, connection: ClientConnection): Promise<void> {
  const { certificates } = await connection.request("renew", {});
  const { user, device, spki, notAfter } = await identity.trust.verifyOwn(certificates);
  const { facts } = identity;
  await reloadCertificate(identity);
  const present = parseCertificate(identity.mls.certificates[0]!);
  if (user !== facts.user || device !== facts.device || !equalBytes(spki, present.spki)) {
    throw new AuthenticationError("cert-name", "the CA issued a certificate for another key or device");
  }
  if (notAfter <= present.notAfter) return;
  const pem = formatCertificates(certificates);
  writePrivateFile(`${identity.folder}/${identityFiles.certificates}`, pem);
  adopt(identity, pem);
}

function adopt(identity: Identity, certificatesPem: string): void {
  identity.tls = { ...identity.tls, certificatesPem };
  // The context of MLS holds this very object.
  identity.mls.certificates = parseCertificates(certificatesPem);
}

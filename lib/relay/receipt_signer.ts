import { parsePem } from "../bytes/mod.ts";
import { ed25519SeedFromPkcs8, Ed25519Signer } from "../crypto/mod.ts";
import { parseCertificates } from "../pki/mod.ts";
import type { TlsIdentity } from "../transport/mod.ts";
import { encodeRelayStatement, type OperationResponse, type RelayStatement } from "../wire/mod.ts";

/** Signs what a relay has on disk, with the key of the certificate that it shows to clients. */
export class ReceiptSigner {
  readonly #signer: Ed25519Signer;
  readonly #certificates: Uint8Array<ArrayBuffer>[];

  /** Signs as the relay that has this identity. */
  constructor({ keyPem, certificatesPem }: TlsIdentity) {
    this.#signer = new Ed25519Signer(ed25519SeedFromPkcs8(parsePem(keyPem)[0]!.bytes));
    this.#certificates = parseCertificates(certificatesPem).map((one) => new Uint8Array(one));
  }

  /** Signs a statement. */
  sign(entries: RelayStatement): OperationResponse<"receipt"> {
    const statement = encodeRelayStatement(entries);
    return { statement, signature: this.#signer.sign(statement), certificates: this.#certificates };
  }
}

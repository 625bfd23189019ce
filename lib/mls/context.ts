import type { ClientConfig } from "ts-mls/clientConfig.js";
import { equalBytes } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import { AuthenticationError, ParleyError } from "../errors/mod.ts";
import { createSuite, defaultSuite, type MlsSuite, type SupportedSuite } from "./provider.ts";

/** Who a credential belongs to. */
export interface CredentialHolder {
  /** The user of the `parley:` URI in the certificate. */
  user: string;
  /** The device of the same URI. */
  device: string;
  /** The certificate's serial number. */
  serial: string;
  /** The certificate's Ed25519 public key, raw. */
  publicKey: Uint8Array;
}

/**
 * Says whose an x509 credential (RFC 9420 §5.3) is.
 *
 * @throws {AuthenticationError} where the chain is not to be trusted
 */
export type CredentialCheck = (certificates: Uint8Array[]) => Promise<CredentialHolder>;

/** What this member signs with and is known by. */
export interface MlsIdentity {
  /** The device's certificate in DER, and those above it without the root. */
  certificates: Uint8Array[];
  /** The certificate's Ed25519 public key, raw (32 bytes). */
  signaturePublicKey: Uint8Array;
  /** The Ed25519 private key, raw (32 bytes). */
  signaturePrivateKey: Uint8Array;
}

/** What every operation of this room needs. */
export interface MlsContext {
  /** This member. */
  identity: MlsIdentity;
  /**
   * The cipher suite and its primitives.
   *
   * @ignore For this room only.
   */
  suite: MlsSuite;
  /** Strict check of a credential that somebody presents. */
  checkCredential: CredentialCheck;
  /** Reads whose a credential is that was checked when its holder became a member. */
  readCredential: CredentialCheck;
}

/** Opens the default cipher suite (X-Wing, AES-256-GCM, SHA-512, Ed25519) or the one named. */
export function openMlsContext(
  options: Omit<MlsContext, "suite"> & { random: RandomSource; suiteName?: SupportedSuite },
): Promise<MlsContext> {
  const { random, suiteName = defaultSuite, identity, checkCredential, readCredential } = options;
  const suite = createSuite(suiteName, random);
  return Promise.resolve({ identity, suite, checkCredential, readCredential });
}

/**
 * Skipped message keys that are kept per sender, and the most that one message may skip. Members' messages
 * stand in the relay's log nearly in the order of their generations; the slack is for many processes that
 * send as one device at once.
 */
const MAX_SKIPPED_GENERATIONS = 500;
/** Of handshakes only, whose size shows what they do anyway; application messages are padded to buckets. */
const HANDSHAKE_PADDING_BYTES = 256;

/**
 * Runs an operation of ts-mls with our settings. The library asks for a yes or no about credentials; the
 * reason for a no is kept and thrown in place of the library's own error.
 *
 * Keys of past epochs are not kept at all: the relay orders the log, so each entry belongs to the epoch at
 * its place in it.
 */
export async function withClientConfig<T>(
  context: MlsContext,
  operation: (config: ClientConfig) => Promise<T>,
): Promise<T> {
  let refusal: unknown;
  const config: ClientConfig = {
    keyRetentionConfig: {
      retainKeysForGenerations: MAX_SKIPPED_GENERATIONS,
      retainKeysForEpochs: 1,
      maximumForwardRatchetSteps: MAX_SKIPPED_GENERATIONS,
    },
    lifetimeConfig: { maximumTotalLifetime: 2n ** 62n, validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: {
      compareKeyPackages: (a, b) => equalBytes(a.leafNode.signaturePublicKey, b.leafNode.signaturePublicKey),
      compareKeyPackageToLeafNode: (a, b) => equalBytes(a.leafNode.signaturePublicKey, b.signaturePublicKey),
    },
    paddingConfig: { kind: "padUntilLength", padUntilLength: HANDSHAKE_PADDING_BYTES },
    authService: {
      validateCredential: async (credential, signaturePublicKey) => {
        try {
          if (credential.credentialType !== "x509") throw wrongCredential("is not an X.509 chain");
          const holder = await context.checkCredential(credential.certificates);
          if (equalBytes(holder.publicKey, signaturePublicKey)) return true;
          throw wrongCredential("does not hold the signature key of its leaf");
        } catch (error) {
          refusal ??= error;
          return false;
        }
      },
    },
  };
  try {
    return await operation(config);
  } catch (error) {
    throw refusal instanceof ParleyError ? refusal : error;
  }
}

function wrongCredential(reason: string): AuthenticationError {
  return new AuthenticationError("credential-invalid", `a member's credential ${reason}`);
}

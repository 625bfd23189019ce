import * as v from "valibot";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import type { RandomSource } from "../crypto/mod.ts";
import { ParleyError, StorageError, UsageError } from "../errors/mod.ts";
import {
  exportPrivateKey,
  formatCertificates,
  generateKeyPair,
  importPrivateKey,
  type KeyPair,
} from "../pki/mod.ts";
import { moveFolder } from "../store/mod.ts";
import type { DeviceRef } from "../wire/mod.ts";
import { identityFiles, identityPath, writeIdentityFacts, writePrivateFile } from "./identity_folder.ts";
import { formatStorageKey, generateStorageKey } from "./storage_key.ts";

/** A request that waits for the operator. */
export interface WaitingRequest {
  /** Its id at the relay. */
  id: Uint8Array<ArrayBuffer>;
  /** What the operator compares. */
  code: string;
}

const REQUEST_FILE = "request.json";
const requestSchema = v.strictObject({
  version: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  code: v.pipe(v.string(), v.regex(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)),
});

/**
 * The folder of an identity that is not enrolled yet: its key, and the request that waits for the operator. What
 * was begun is taken up again by the next attempt; when the certificate is there it becomes the identity's folder.
 */
export class EnrollmentDraft {
  readonly #path: string;
  readonly #folder: string;
  readonly #ref: DeviceRef;

  private constructor(path: string, folder: string, ref: DeviceRef) {
    this.#path = path;
    this.#folder = folder;
    this.#ref = ref;
  }

  /**
   * Opens the draft of a device, made where there is none.
   *
   * @throws {UsageError} `identity-exists`
   */
  static async open(home: string, ref: DeviceRef): Promise<EnrollmentDraft> {
    const { user, device } = ref;
    const folder = identityPath(home, ref);
    if (await Deno.stat(folder).then(() => true, () => false)) {
      throw new UsageError("identity-exists", `this data folder already holds ${user}/${device}`, {
        hint: "choose another name with --device, or another folder with --home or PARLEY_HOME",
      });
    }
    const path = `${home}/identities/${user}/.${device}.enrolling`;
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    return new EnrollmentDraft(path, folder, ref);
  }

  /** Takes up the key of an attempt that was cut off, or makes one. */
  async keys(passphrase: Uint8Array | undefined, random: RandomSource): Promise<KeyPair> {
    const path = `${this.#path}/${identityFiles.key}`;
    try {
      return await importPrivateKey(await Deno.readTextFile(path), passphrase);
    } catch (error) {
      const unusable = error instanceof ParleyError && error.kind === "authentication";
      if (!unusable && !(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.forgetRequest();
    const keys = await generateKeyPair("ed25519");
    writePrivateFile(path, await exportPrivateKey(keys.privateKey, passphrase && { passphrase, random }));
    return keys;
  }

  /** The request that waits for the operator. */
  request(): WaitingRequest | undefined {
    try {
      const text = Deno.readTextFileSync(`${this.#path}/${REQUEST_FILE}`);
      const { id, code } = v.parse(requestSchema, JSON.parse(text));
      return { id: decodeHex(id), code };
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new StorageError("identity-damaged", "the request for enrolment cannot be read", { cause });
    }
  }

  /** Keeps a request. */
  keepRequest({ id, code }: WaitingRequest): void {
    writePrivateFile(
      `${this.#path}/${REQUEST_FILE}`,
      JSON.stringify({ version: 1, id: encodeHex(id), code }),
    );
  }

  /** Forgets the request, for there is an answer. */
  forgetRequest(): void {
    try {
      Deno.removeSync(`${this.#path}/${REQUEST_FILE}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Makes the identity's folder of it, in one step; returns its path. */
  async finish(
    issued: { certificates: Uint8Array[]; root: Uint8Array; host: string; port: number },
    passphrase: Uint8Array | undefined,
    random: RandomSource,
  ): Promise<string> {
    const { certificates, root, host, port } = issued;
    this.forgetRequest();
    writePrivateFile(`${this.#path}/${identityFiles.certificates}`, formatCertificates(certificates));
    writePrivateFile(`${this.#path}/${identityFiles.root}`, formatCertificates([root]));
    const storageKey = await formatStorageKey(generateStorageKey(random), passphrase, random);
    writePrivateFile(`${this.#path}/${identityFiles.storageKey}`, storageKey);
    writeIdentityFacts(this.#path, { ...this.#ref, host, port });
    moveFolder(this.#path, this.#folder);
    return this.#folder;
  }
}
